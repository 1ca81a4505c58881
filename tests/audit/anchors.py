# SPDX-License-Identifier: AGPL-3.0-or-later
"""Those who watch the log of the base from elsewhere, two witnesses and a timestamp authority; and what an auditor gets from them."""
import shutil

from stack import LOG_NAME, query
from test_timestamps import Authority
from witnessing import Witness

NAMES = ("w1", "w2")
#: What an auditor can be given of them, below the folder of the base.
GIVEN = ("--policy", "{folder}/policy", "--witnesses", "{folder}/witnesses", "--timestamp-ca", "{folder}/authority.pem")


class Anchors:
    def __init__(self, folder, stack):
        folder.mkdir()
        log_vkey, = query(stack.conninfo("template_trust"), "SELECT vkey FROM log.key WHERE until_at IS NULL")[0]
        self.witnesses = {name: Witness(folder / name, f"witness.example/{name}", log_vkey).start() for name in NAMES}
        self.authority = Authority(folder / "tsa")
        lines = [f"witness {name} {made.vkey} {made.url}\n" for name, made in self.witnesses.items()]
        self.policy = "".join([f"log {log_vkey}\n", *lines, f"group both all {' '.join(NAMES)}\nquorum both\n"])
        (folder / "trust.policy").write_text("".join([*lines, "quorum none\n"]))
        self.settings = {"log": {"policy": str(folder / "trust.policy"), "timestamp_url": self.authority.url, "timestamp_ca": str(self.authority.folder / "ca.pem")}}

    def keep(self, trust, folder):
        """What they hold, once all of the log is cosigned and each closed period is stamped; with their keys, for those who forge."""
        trust.wait_sql("cosignatures of the newest checkpoint", "SELECT count(*) = 2 FROM log.cosignature WHERE size = (SELECT max(size) FROM log.checkpoint)")
        trust.wait_sql("a timestamp behind the last close", "SELECT max(t.size) > (SELECT max(e.index) FROM log.entry AS e WHERE e.type = 'period') FROM log.timestamp AS t")
        for part in ("witnesses", "keys"):
            (folder / part).mkdir()
        for name, witness in self.witnesses.items():
            (folder / "witnesses" / name).write_text(witness.newest(LOG_NAME))
            shutil.copy(witness.folder / "witness.key", folder / "keys" / name)
        (folder / "policy").write_text(self.policy)
        shutil.copy(self.authority.folder / "ca.pem", folder / "authority.pem")

    def close(self):
        for witness in self.witnesses.values():
            witness.stop()
        self.authority.server.shutdown()
