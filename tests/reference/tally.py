# SPDX-License-Identifier: AGPL-3.0-or-later
"""The tally methods of governance a second time, written from the text of the standard alone: Scottish STV, knapsack and
the reading of ballot files. Papers are followed one ballot line at a time, each from its first preference again, and
numbers are as long as they need to be; it shares nothing with the C core."""

import hashlib
import json
import re

VOTE = 100000


class Refused(Exception):
    """slug, then the line of a ballot file or the pointer into a document."""


# ---- ballot files ----------------------------------------------------------------


def lines_of(data):
    """(number, text) of the lines that are more than separators and comments."""
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        text = line.strip(b" ,\t\r\v\f")
        if text and not text.startswith(b"#"):
            yield number, text


def words_of(text):
    return re.split(rb"[ ,\t\r\v\f]+", text.split(b"#")[0].strip(b" ,\t\r\v\f"))


def integer(word, slug, line):
    if not re.fullmatch(rb"-?[0-9]+", word):
        raise Refused(slug, line)
    return int(word)


def read_header(found, last):
    number, text = next(found, (last, b""))
    words = words_of(text)
    if len(words) != 2:
        raise Refused("bad_header", number)
    candidates, seats = (integer(word, "bad_header", number) for word in words)
    if candidates < 1 or not 1 <= seats <= 10**18:
        raise Refused("bad_header", number)
    if candidates > 1000:
        raise Refused("too_large", number)
    return candidates, seats


def read_preferences(words, candidates, line):
    out = []
    for place, word in enumerate(words):
        if b"=" in word:
            raise Refused("equal_preference", line)
        value = integer(word, "bad_number", line)
        if value == 0 and place == len(words) - 1:
            return out
        if not 1 <= value <= candidates:
            raise Refused("candidate_out_of_range", line)
        if value in out:
            raise Refused("duplicate_preference", line)
        out.append(value)
    raise Refused("missing_terminator", line)


def read_blt(data):
    """candidates, seats, withdrawn, [(count, preferences)]"""
    last = data.count(b"\n") + (not data.endswith(b"\n")) if data.removeprefix(b"\xef\xbb\xbf") else None
    found = lines_of(data)
    candidates, seats = read_header(found, last)
    withdrawn, ballots, papers = set(), [], 0
    for line, text in found:
        if text.startswith(b'"'):
            raise Refused("missing_terminator", line)
        words = words_of(text)
        if not ballots and all(re.fullmatch(rb"-0*[1-9][0-9]*", word) for word in words):
            withdrawn.update(-int(word) for word in words)
            if max(withdrawn) > candidates:
                raise Refused("candidate_out_of_range", line)
            continue
        count = integer(words[0], "bad_number", line)
        if count == 0 and len(words) == 1:
            break
        if count < 1:
            raise Refused("bad_count", line)
        papers += count
        if papers > 2**31 - 1:
            raise Refused("too_large", line)
        ballots.append((count, read_preferences(words[1:], candidates, line)))
    else:
        raise Refused("missing_terminator", last)
    if sum(1 for _ in found) < candidates:
        raise Refused("too_few_names", last)
    return candidates, seats, withdrawn, ballots


# ---- Scottish STV ----------------------------------------------------------------


class Count:
    def __init__(self, candidates, seats, withdrawn, ballots, seed):
        self.running = [c for c in range(1, candidates + 1) if c not in withdrawn]
        self.hopeful = set(self.running)
        self.seats, self.seed = seats, seed
        self.papers = []  # [holder, value, preferences, how many]
        self.history, self.stages, self.winners, self.ties = [], [], [], []
        for count, preferences in ballots:
            left = [c for c in preferences if c in self.hopeful]
            if left:
                self.papers.append([left[0], VOTE, left, count])
        self.valid = sum(paper[3] for paper in self.papers)
        self.quota = self.valid // (seats + 1) + 1

    def votes(self, kept):
        """By candidate; `kept` are totals of elected candidates whose surplus has gone."""
        votes = dict.fromkeys(self.running, 0)
        for holder, value, _, count in self.papers:
            if holder:
                votes[holder] += value * count
        return {**votes, **kept}

    def move(self, candidate, value_of):
        for paper in self.papers:
            if paper[0] == candidate:
                paper[0] = next((c for c in paper[2] if c in self.hopeful), None)
                paper[1] = value_of(paper[1])

    def choose(self, candidates, purpose):
        """The one with most votes (surplus) or fewest (exclusion); ties go back stage by stage, then to the lot."""
        best = max if purpose == "surplus" else min
        tied, left = None, sorted(candidates)
        for stage in range(len(self.history), 0, -1):
            votes = self.history[stage - 1]
            wanted = best(votes[c] for c in left)
            left = [c for c in left if votes[c] == wanted]
            if tied is None:
                tied, found = left, None
            elif len(left) == 1:
                found = stage
            if len(left) == 1:
                break
        if len(tied) == 1:
            return tied[0]
        number = len(self.history) + 1
        chosen = min(left, key=lambda c: hashlib.sha256(f"{self.seed}:{number}:{c}".encode()).hexdigest())
        self.ties.append({"stage": number, "for": purpose, "candidates": tied, "chosen": chosen,
                          "by": "earlier_stage" if found else "lot", "earlier_stage": found})
        return chosen

    def end_stage(self, kind, candidate, votes):
        self.history.append(votes)
        reached = {c for c in self.hopeful if votes[c] >= self.quota * VOTE}
        if len(self.hopeful) <= self.seats - len(self.winners):
            reached = set(self.hopeful)
        order = lambda c: ([-stage[c] for stage in reversed(self.history)], c)
        elected = sorted((c for c in reached if votes[c] >= self.quota * VOTE), key=order)
        elected += sorted((c for c in reached if votes[c] < self.quota * VOTE), key=order)
        self.winners += elected
        self.hopeful -= reached
        decimal = lambda number: "%d.%05d" % divmod(number, VOTE)
        self.stages.append({
            "action": {"kind": kind, "candidate": candidate},
            "votes": {str(c): decimal(votes[c]) for c in self.running},
            "non_transferable": decimal(self.valid * VOTE - sum(votes.values())),
            "elected": elected,
            "excluded": [candidate] if kind == "exclusion" else [],
        })

    def run(self):
        kept = {}
        self.end_stage("first_preferences", None, self.votes(kept))
        while self.hopeful and len(self.winners) < self.seats:
            total = self.history[-1]
            waiting = [c for c in self.winners if total[c] > self.quota * VOTE]
            if waiting:
                chosen = self.choose(waiting, "surplus")
                surplus = total[chosen] - self.quota * VOTE
                self.move(chosen, lambda old: surplus * old // total[chosen])
                kept[chosen] = self.quota * VOTE
                self.end_stage("surplus", chosen, self.votes(kept))
            else:
                chosen = self.choose(self.hopeful, "exclusion")
                self.hopeful.remove(chosen)
                self.move(chosen, lambda old: old)
                self.end_stage("exclusion", chosen, self.votes(kept))
        return {"method": "scottish-stv", "seats": self.seats, "valid": self.valid, "quota": self.quota,
                "stages": self.stages, "winners": self.winners, "ties": self.ties}


def scottish_stv(data, seed="0" * 64):
    return Count(*read_blt(data), seed).run()


# ---- knapsack --------------------------------------------------------------------

MAX = 2**53 - 1


def unique_keys(pairs):
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key is there twice")
    return dict(pairs)


def number(holder, pointer, name, low, high):
    if not isinstance(holder, dict) or name not in holder:
        raise Refused("missing", f"{pointer}/{name}")
    value = holder[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused("not_integer", f"{pointer}/{name}")
    if not low <= value <= high:
        raise Refused("out_of_range", f"{pointer}/{name}")
    return value


def array(holder, pointer, name):
    if not isinstance(holder, dict) or not isinstance(holder.get(name), list):
        raise Refused("missing", f"{pointer}/{name}")
    return holder[name]


def read_choices(row, pointer):
    for index, project in enumerate(array(row, pointer, "projects")):
        if not isinstance(project, int) or isinstance(project, bool):
            raise Refused("not_integer", f"{pointer}/projects/{index}")
    return row["projects"]


def read_round(data):
    try:
        value = json.loads(data.decode("utf-8"), object_pairs_hook=unique_keys)
    except ValueError as error:
        raise Refused("not_json", None) from error
    pot, least, of = (number(value, "", name, low, MAX) for name, low in (("pot", 1), ("min_num", 0), ("min_den", 1)))
    if least > of:
        raise Refused("out_of_range", "/min_num")
    costs, ballots = {}, []
    for index, row in enumerate(array(value, "", "projects")):
        pointer = f"/projects/{index}"
        project, cost = number(row, pointer, "id", 1, 99999), number(row, pointer, "cost", 1, MAX)
        if project in costs:
            raise Refused("out_of_range", pointer + "/id")
        costs[project] = cost
    for index, row in enumerate(array(value, "", "ballots")):
        pointer = f"/ballots/{index}"
        ballots.append((number(row, pointer, "count", 1, 2**63 - 1), read_choices(row, pointer)))
        if sum(count for count, _ in ballots) > 2**63 - 1:
            raise Refused("out_of_range", pointer + "/count")
    return pot, least, of, costs, ballots


def knapsack(data):
    pot, least, of, costs, ballots = read_round(data)
    good = [(count, chosen) for count, chosen in ballots
            if len(set(chosen)) == len(chosen) and set(chosen) <= set(costs) and sum(costs[p] for p in chosen) <= pot]
    valid = sum(count for count, _ in good)
    approvals = {p: sum(count for count, chosen in good if p in chosen) for p in costs}
    ranking, selected = [], []
    for p in sorted(costs, key=lambda p: (-approvals[p], costs[p], p)):
        if approvals[p] * of < least * valid:
            decision = "too_few_approvals"
        elif sum(costs[s] for s in selected) + costs[p] > pot:
            decision = "does_not_fit"
        else:
            decision = "selected"
            selected.append(p)
        ranking.append({"project": p, "cost": costs[p], "approvals": approvals[p], "decision": decision})
    spent = sum(costs[p] for p in selected)
    return {"method": "knapsack", "pot": pot, "valid": valid, "invalid": sum(count for count, _ in ballots) - valid,
            "ranking": ranking, "selected": selected, "spent": spent, "left": pot - spent}
