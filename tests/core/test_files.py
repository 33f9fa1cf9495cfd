import errno

import pytest

from ferrion.core.files import write_atomically, write_text


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "a.txt"
    write_text(path, "old")

    def half(temporary):
        temporary.write_text("ne")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, half)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("named", [True, False])
def test_a_full_disk_names_the_file_that_was_to_be(tmp_path, named):
    def write(temporary):
        raise OSError(errno.ENOSPC, "No space left on device", *([str(temporary)] if named else []))

    with pytest.raises(OSError, match=r"No space left on device: '.*result\.json'") as caught:
        write_atomically(tmp_path / "result.json", write)
    assert caught.value.errno == errno.ENOSPC
    assert list(tmp_path.iterdir()) == []
