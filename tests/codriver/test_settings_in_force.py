"""Settings: which source wins, how values are read, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codriver.errors import FileFormatError, InputError
from codriver.settings import Setting, Settings, config_files, declared_settings, load_settings

PORT = Setting("web.port", 8080, "port", minimum=0, maximum=65535)
RATE = Setting("sim.rate", 1.5, "rate", minimum=0)
QUIET = Setting("log.be-quiet", False, "quiet")
NAMES = Setting("car.names", ["a"], "names")
SIDE = Setting("car.side", "left", "side", choices=("left", "right"))
TOKEN = Setting("web.token", "", "token", secret=True)
PIN = Setting("web.pin", 0, "pin", secret=True)
ALL: list[Setting[Any]] = [PORT, RATE, QUIET, NAMES, SIDE, TOKEN, PIN]


def load(
    tmp_path: Path | None = None, toml: str = "", flags: dict[str, Any] | None = None, **environ: str
) -> Settings:
    files = []
    if tmp_path is not None:
        files = [tmp_path / "codriver.toml"]
        files[0].write_text(toml, encoding="utf-8")
    return load_settings(flags, environ, files, ALL)


def test_flag_wins_over_variable_over_file_over_default(tmp_path: Path) -> None:
    toml = "[web]\nport = 1\n"
    assert load()[PORT] == 8080
    assert load(tmp_path, toml)[PORT] == 1
    assert load(tmp_path, toml, CODRIVER_WEB_PORT="2")[PORT] == 2
    assert load(tmp_path, toml, {"web.port": 3}, CODRIVER_WEB_PORT="2")[PORT] == 3


def test_each_value_tells_where_it_comes_from(tmp_path: Path) -> None:
    found = load(tmp_path, "web.port = 1\n", {"car.side": "right"}, CODRIVER_SIM_RATE="2")
    origins = {entry.setting.key: entry.origin for entry in found}
    assert origins["web.port"] == str(tmp_path / "codriver.toml")
    assert origins["car.side"] == "flag"
    assert origins["sim.rate"] == "CODRIVER_SIM_RATE"
    assert origins["car.names"] == "default"


@pytest.mark.parametrize("empty", [None, ()])
def test_a_flag_that_was_not_given_is_no_flag(empty: object) -> None:
    assert load(flags={"car.names": empty}, CODRIVER_CAR_NAMES="x")[NAMES] == ["x"]


def test_the_first_existing_file_counts(tmp_path: Path) -> None:
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    second.write_text("web.port = 2", encoding="utf-8")
    assert load_settings({}, {}, [first, second], ALL)[PORT] == 2
    first.write_text("", encoding="utf-8")
    assert load_settings({}, {}, [first, second], ALL)[PORT] == 8080


def test_a_setting_that_was_not_loaded_has_its_default() -> None:
    assert Settings()[PORT] == 8080


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        (PORT, "80", 80),
        (RATE, "2", 2.0),
        (QUIET, " Yes ", True),
        (QUIET, "off", False),
        (QUIET, "1", True),
        (NAMES, "a, b,,c ", ["a", "b", "c"]),
        (NAMES, "", []),
        (SIDE, "right", "right"),
        (TOKEN, "a b", "a b"),
    ],
)
def test_text_is_read_as_the_type_of_the_setting(setting: Setting[Any], text: str, value: object) -> None:
    found = load(**{setting.variable: text})[setting]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("setting", "text", "message"),
    [
        (PORT, "http", "web.port (CODRIVER_WEB_PORT) is a whole number, not 'http'."),
        (PORT, "1.5", "web.port (CODRIVER_WEB_PORT) is a whole number, not '1.5'."),
        (PORT, "", "web.port (CODRIVER_WEB_PORT) is a whole number, not ''."),
        (PORT, "65536", "web.port (CODRIVER_WEB_PORT) is 65536; it must be in 0..65535."),
        (PORT, "-1", "web.port (CODRIVER_WEB_PORT) is -1; it must be in 0..65535."),
        (RATE, "-0.5", "sim.rate (CODRIVER_SIM_RATE) is -0.5; it must be in 0..."),
        (RATE, "nan", "sim.rate (CODRIVER_SIM_RATE) is nan; it must be a finite number."),
        (RATE, "inf", "sim.rate (CODRIVER_SIM_RATE) is inf; it must be a finite number."),
        (QUIET, "perhaps", "log.be-quiet (CODRIVER_LOG_BE_QUIET) is true or false, not 'perhaps'."),
        (SIDE, "up", "car.side (CODRIVER_CAR_SIDE) cannot be 'up'; use one of left, right."),
        (PIN, "secret", "web.pin (CODRIVER_WEB_PIN) is a whole number, not the given value."),
    ],
)
def test_a_bad_variable_is_refused(setting: Setting[Any], text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load(**{setting.variable: text})
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("web.port = true", "web.port ({file}) is a whole number, not True."),
        ("web.port = 1.0", "web.port ({file}) is a whole number, not 1.0."),
        ("web.port = 70000", "web.port ({file}) is 70000; it must be in 0..65535."),
        ("sim.rate = true", "sim.rate ({file}) is a number, not True."),
        ("sim.rate = nan", "sim.rate ({file}) is nan; it must be a finite number."),
        ("log.be-quiet = 1", "log.be-quiet ({file}) is a true/false, not 1."),
        ("car.names = [1]", "car.names ({file}) is a list of texts, not [1]."),
        ("car.side = 5", "car.side ({file}) is a text, not 5."),
        ("web.token = 12345", "web.token ({file}) is a text, not the given value."),
        ("[web]\nprot = 1", "{file}: there is no setting 'web.prot'; `codriver settings` lists them."),
        ("web = 1", "{file}: there is no setting 'web'; `codriver settings` lists them."),
    ],
)
def test_a_bad_file_entry_is_refused(tmp_path: Path, toml: str, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, toml)
    assert str(caught.value) == problem.format(file=tmp_path / "codriver.toml")


@pytest.mark.parametrize(
    ("toml", "key", "value"), [("sim.rate = 2", RATE, 2.0), ('car.names = ["x"]', NAMES, ["x"])]
)
def test_toml_values_keep_their_types(tmp_path: Path, toml: str, key: Setting[Any], value: object) -> None:
    found = load(tmp_path, toml)[key]
    assert found == value
    assert type(found) is type(value)


def test_a_repeated_flag_gives_a_list() -> None:
    assert load(flags={"car.names": ("x", "y")})[NAMES] == ["x", "y"]


@pytest.mark.parametrize("content", [b"web.port = = 1", b"\xff\xfe", b"a = 1\na = 2"])
def test_broken_toml_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "codriver.toml"
    path.write_bytes(content)
    with pytest.raises(FileFormatError) as caught:
        load_settings({}, {}, [path], ALL)
    assert str(caught.value).startswith(f"{path} cannot be read as TOML: ")


def test_the_file_is_sought_here_and_then_in_the_config_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert list(config_files()) == [Path("codriver.toml"), tmp_path / "codriver" / "codriver.toml"]


def test_installed_settings_are_sound() -> None:
    declared = declared_settings()
    assert [setting.key for setting in declared] == sorted({setting.key for setting in declared})
    assert {"catalogue.vss", "vehicle.kind", "web.port"} <= {setting.key for setting in declared}
    for setting in declared:
        assert setting.help
        assert setting.parse(setting.default, "default") == setting.default


@given(st.integers(0, 65535))
def test_what_is_written_as_text_is_read_back(port: int) -> None:
    assert load(CODRIVER_WEB_PORT=str(port))[PORT] == port
