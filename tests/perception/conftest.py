import pytest
from pipeline_kit import write_frames


@pytest.fixture
def drive(tmp_path):
    """A folder of six frames, of which the third is damaged."""
    write_frames(tmp_path / "drive", 6)
    (tmp_path / "drive" / "2.png").write_bytes((tmp_path / "drive" / "2.png").read_bytes()[:60])
    return tmp_path / "drive"
