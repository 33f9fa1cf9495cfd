"""Public data sets into the user's cache, checked by checksum."""

from pathlib import Path

from platformdirs import user_cache_dir

from ferrion.core.errors import DataError

MD5 = {
    "mnist": {
        "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
        "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
        "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
    },
    "fashion_mnist": {
        "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
        "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
        "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    },
}
HOME = {
    "mnist": "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "fashion_mnist": "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
}


def fetch(name: str) -> Path:
    """Download the set `name`; returns its folder. Raises DataError for a set that has no public home here."""
    if name not in MD5:
        others = "MIT-BIH: get it from PhysioNet; SKAB: the folder data of https://github.com/waico/SKAB, as skab; and set FERRION_DATA"
        raise DataError(f"{name!r} cannot be fetched; {', '.join(MD5)} can. {others}")
    import pooch

    folder = Path(user_cache_dir("ferrion")) / "data" / name
    known = pooch.create(path=folder, base_url=HOME[name], registry={file: f"md5:{digest}" for file, digest in MD5[name].items()})
    for file in MD5[name]:
        known.fetch(file, progressbar=False)
    return folder
