import pytest
from scripted_ecu import Rig


@pytest.fixture
def rig():
    rig = Rig()
    yield rig
    rig.close()
