import errno

import pytest

from ferrion.core.files import write_atomically, write_text
from ferrion.core.kept import kept


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


def test_a_result_is_computed_again_where_what_it_left_beside_itself_is_gone(tmp_path):
    """And what was there stays until the new one is: a computation that fails takes nothing away."""
    path, chip, calls = tmp_path / "seed.json", tmp_path / "chip", []

    def compute():
        calls.append(len(calls))
        if len(calls) == 2:
            raise KeyboardInterrupt
        chip.write_text("a chip")
        return {"call": len(calls)}

    assert kept(path, compute, chip) == kept(path, compute, chip) == {"call": 1}
    chip.unlink()
    with pytest.raises(KeyboardInterrupt):
        kept(path, compute, chip)
    assert path.read_text() == '{"call": 1}'
    assert kept(path, compute, chip) == {"call": 3}
    path.write_text('{"call"')
    assert kept(path, compute, chip) == {"call": 4}
