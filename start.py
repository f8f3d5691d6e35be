#!/usr/bin/env python3
"""One command for everything: `python3 start.py` runs the product, `python3 start.py test` its tests.

    python3 start.py [--port N] [--lan] [--empty]   run; the first start builds a demo organisation (--empty: none)
    python3 start.py test [pytest arguments]        run the tests on a throw-away database
    python3 start.py reset [--yes]                  delete all data of this folder and start over next time

Standard library only, so that Python 3.11 is all a fresh machine needs. It makes `.venv`, installs the locked
requirements when they changed, and hands over to `cxplatform.supervisor`.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OLDEST = (3, 11)
HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
VAR = HERE / "var"
LOG = VAR / "log" / "install.log"


def stop(message: str) -> None:
    """End with a message a person can act on."""
    sys.exit(f"\n{message}")


def check_python() -> None:
    """The interpreter must be new enough and able to make virtual environments."""
    found = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST:
        stop(f"Python 3.11 or newer is needed, this is {found}. Try: python3.11 start.py")
    try:
        import ensurepip  # noqa: F401  Debian ships it in a package of its own
        import venv  # noqa: F401
    except ImportError:
        if not PYTHON.exists():
            stop(
                "Python's venv module is missing. Install it: apt install python3-venv (as root), then start again."
            )


def check_folder() -> None:
    """We must be able to write here; files of another user get a remedy instead of a traceback."""
    for path in (HERE, VAR, VENV, VAR / "run.lock"):
        if path.exists() and not os.access(path, os.W_OK):
            stop(
                f"{path} cannot be written by this user. Run as its owner, or clone the repository for yourself."
            )
    VAR.mkdir(mode=0o700, exist_ok=True)
    LOG.parent.mkdir(mode=0o700, exist_ok=True)


def run_logged(argv: list[str], label: str) -> bool:
    """Run a program with its output in the log; shows that it is alive; True when it succeeded."""
    began = time.monotonic()
    print(f"  {label} …", end="", flush=True)
    with open(LOG, "ab") as log:
        log.write(f"\n$ {' '.join(argv)}\n".encode())
        log.flush()
        child = subprocess.Popen(argv, cwd=HERE, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while child.poll() is None:
                time.sleep(0.2)
                if int((time.monotonic() - began) / 5) > int((time.monotonic() - began - 0.2) / 5):
                    print(".", end="", flush=True)
        except KeyboardInterrupt:
            child.wait()
            stop("Stopped. Start again to go on.")
    good = child.returncode == 0
    print(f" {time.monotonic() - began:.1f} s" if good else " failed", flush=True)
    return good


def make_environment() -> None:
    """Make `.venv` unless a working one is there; a broken one (moved folder, vanished Python) is made anew."""
    if PYTHON.exists() or VENV.exists():
        probe = "import sys, pip; sys.exit(sys.version_info[:2] < (3, 11) or sys.prefix == sys.base_prefix)"
        works = PYTHON.exists() and not subprocess.call(
            [PYTHON, "-c", probe], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        if works:
            return
        print("  the virtual environment is broken: making it anew", flush=True)
        shutil.rmtree(VENV, ignore_errors=True)
    if not run_logged([sys.executable, "-m", "venv", str(VENV)], "virtual environment"):
        shutil.rmtree(VENV, ignore_errors=True)
        stop(
            f"The virtual environment could not be made. On Debian: apt install python3-venv. Details: {LOG}"
        )


def install(name: str) -> None:
    """Install a locked requirements file when its content differs from what was installed last."""
    file = HERE / name
    digest = hashlib.sha256(file.read_bytes() + sys.version.encode()).hexdigest()
    mark = VENV / f".{name}.sha256"
    if mark.exists() and mark.read_text() == digest:
        return
    packages = sum(
        1 for line in file.read_text().splitlines() if "==" in line and not line.startswith((" ", "#"))
    )
    print(
        f"  installing {packages} packages; the first time takes from half a minute to a few minutes",
        flush=True,
    )
    if not (install_with_uv(file) or install_with_pip(file)):
        print(tail(LOG))
        stop(f"The packages could not be installed. Is the package index reachable? Details: {LOG}")
    mark.write_text(digest)


def install_with_uv(file: Path) -> bool:
    """The quick way: uv, itself installed from its locked wheel. False when it cannot be had or fails."""
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        with tempfile.TemporaryDirectory() as scratch:
            only = Path(scratch) / "uv.txt"
            only.write_text(locked_block(file, "uv"))
            pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
            if not only.read_text() or not run_logged(
                [*pip, "--require-hashes", "-r", str(only)], "installer"
            ):
                return False
    index = os.environ.get("PIP_INDEX_URL")
    if index:
        os.environ.setdefault("UV_DEFAULT_INDEX", index)
    argv = [
        str(uv),
        "pip",
        "install",
        "--python",
        str(PYTHON),
        "--system-certs",
        "--no-progress",
        "--require-hashes",
    ]
    return run_logged([*argv, "-r", str(file)], "packages")


def install_with_pip(file: Path) -> bool:
    """The slow way, which honours every pip setting of this machine."""
    pip = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--require-hashes",
    ]
    return run_logged([*pip, "-r", str(file)], "packages, with pip")


def locked_block(file: Path, package: str) -> str:
    """The lines of one package in a locked requirements file: its pin and its hashes."""
    lines: list[str] = []
    for line in file.read_text().splitlines():
        if line.startswith(f"{package}=="):
            lines = [line]
        elif lines and line.startswith("    --hash"):
            lines.append(line)
        elif lines:
            break
    return "\n".join(lines) + "\n" if lines else ""


def tail(path: Path, size: int = 1500) -> str:
    """The end of a log."""
    return path.read_text(errors="replace")[-size:]


def main() -> None:
    """Prepare the environment, then become the supervisor or the test run."""
    arguments = sys.argv[1:]
    if arguments and arguments[0] in {"-h", "--help", "help"}:
        print(__doc__)
        return
    check_python()
    check_folder()
    testing = arguments[:1] == ["test"]
    with open(VAR / "install.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print("  waiting for another start of this folder to finish installing …", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        make_environment()
        install("requirements.txt")
        if testing:
            install("requirements-dev.txt")
    os.chdir(HERE)
    module = "cxplatform.embedded.testrun" if testing else "cxplatform.supervisor"
    with contextlib.suppress(KeyboardInterrupt):
        os.execv(PYTHON, [str(PYTHON), "-m", module, *(arguments[1:] if testing else arguments)])  # noqa: S606  becomes the other program


if __name__ == "__main__":
    main()
