"""An Odoo that somebody runs who has never seen this repository."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from clean_environment import CleanEnvironment

from workbench import databases, odoo_source, postgres
from workbench.processes import free_port, spawn, stop, wait_until
from workbench.server import answers

START_SECONDS = 120


@dataclass(frozen=True)
class NewcomersPractice:
    """Its folder of addons, its Python, and how it is started."""

    folder: Path
    environment: CleanEnvironment
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def addons(self) -> Path:
        return self.folder / "addons"

    def prepare(self, database: str) -> None:
        """Make a database with nothing but what Odoo itself installs."""
        tree = odoo_source.locate(fetch=False)
        settings = {
            "addons_path": ",".join(map(str, [*tree.addons, self.addons])),
            "data_dir": self.folder / "data",
            "db_name": database,
            "http_interface": "127.0.0.1",
            "http_port": self.port,
            "list_db": False,
        }
        lines = [f"{name} = {value}" for name, value in settings.items()]
        text = "\n".join(["[options]", *lines])
        (self.folder / "odoo.conf").write_text(text, encoding="utf-8")
        options = ("-i", "base", "--stop-after-init", "--no-http")
        self.environment.run(*self._odoo(), *options, **self._variables())

    @contextlib.contextmanager
    def serving(self):
        log = self.folder / "odoo.log"
        process = spawn(
            [str(self.environment.python), *self._odoo()],
            log,
            cwd=self.folder,
            env=self.environment.variables(**self._variables()),
        )
        try:
            wait_until(lambda: answers(self.url), process, log, "Odoo", START_SECONDS)
            yield
        finally:
            stop(process)

    def _odoo(self) -> tuple[str, ...]:
        return ("-m", "odoo", "-c", str(self.folder / "odoo.conf"))

    def _variables(self) -> dict[str, str]:
        return {"PYTHONPATH": str(odoo_source.locate(fetch=False).import_path)}


@contextlib.contextmanager
def newcomers_practice(folder: Path, requirements: Path):
    """Set an Odoo up from these requirements; yields a `NewcomersPractice`."""
    environment = CleanEnvironment(folder / "environment")
    environment.install("-r", str(requirements))
    practice = NewcomersPractice(folder, environment, free_port())
    practice.addons.mkdir()
    with postgres.running(), databases.scratch() as database:
        practice.prepare(database)
        yield practice
