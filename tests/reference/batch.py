# SPDX-License-Identifier: AGPL-3.0-or-later
"""The calculators as one process that reads many documents (calc_batch.c), so that a hundred thousand cases cost no hundred thousand
starts. Built by make when it is not there."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CH_BIN", ROOT / os.environ.get("BUILD", "build") / "bin"))


def text_of(document):
    """Documents may be texts already: damaged ones are no JSON."""
    if isinstance(document, bytes):
        return document
    return document.encode() if isinstance(document, str) else json.dumps(document).encode()


class Batch:
    def __init__(self):
        program = BIN.parent / "reference" / "calc_batch"
        target = os.path.relpath(program, ROOT)
        subprocess.run(["make", "-s", f"BUILD={os.path.relpath(BIN.parent, ROOT)}", f"VARIANT={os.environ.get('VARIANT', 'release')}", target],
                       cwd=ROOT, check=True, timeout=600)
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(60) == 0
        self.process.stdout.close()

    def calc(self, command, *documents):
        """(text, None) of a result, without the newline of the command line, or (None, errors): a list, or the one error of a tally."""
        texts = [text_of(document) for document in documents]
        head = " ".join([command, *(str(len(text)) for text in texts)])
        self.process.stdin.write(b"".join([head.encode(), b"\n", *texts]))
        self.process.stdin.flush()
        code, length = self.process.stdout.readline().split()
        answer = self.process.stdout.read(int(length)).decode("ascii")
        if code == b"0":
            return answer, None
        refused = json.loads(answer)
        return None, refused.get("errors", refused)
