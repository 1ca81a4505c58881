# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes a week of synthetic citizen air readings: seeded, invented, and in the layout of the sensor.community SDS011 files.

    generate.py DIR [--seed N] [--sensors N] [--days N] [--step SECONDS]

Each sensor has a daily rhythm, a slowly wandering background and noise. Some things are left as they are found in the wild: one
position is given with eight decimals (a home address in effect), one PM2.5 value is missing, a few readings are implausibly high.
"""
import argparse
import datetime
import hashlib
import math
import pathlib
import random

COLUMNS = ["sensor_id", "sensor_type", "location", "lat", "lon", "timestamp", "P1", "durP1", "ratioP1", "P2", "durP2", "ratioP2"]
START = datetime.datetime(2026, 5, 4)
HARBOUR = (53.3420, -6.2200)


def positions(rng, count):
    for number in range(count):
        decimals = 8 if number == 0 else 3
        yield (f"{HARBOUR[0] + rng.uniform(-0.05, 0.05):.{decimals}f}", f"{HARBOUR[1] + rng.uniform(-0.08, 0.08):.{decimals}f}")


def readings(rng, day, step):
    """(time of day, PM10, PM2.5) in steps with a few seconds of jitter."""
    level = rng.uniform(6, 14)
    for second in range(0, 86400, step):
        level = max(2.0, level + rng.gauss(0, 0.25))
        rush = 5 * math.exp(-((second / 3600 - 8.3) ** 2) / 3) + 7 * math.exp(-((second / 3600 - 18.2) ** 2) / 4)
        coarse = max(0.4, level + rush + rng.gauss(0, 1.2))
        if rng.random() < 0.0004:
            coarse *= 40
        yield day + datetime.timedelta(seconds=second + rng.randrange(min(step, 20))), coarse, coarse * rng.uniform(0.45, 0.75)


def write_week(folder, seed, sensors, days, step):
    rng = random.Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    owners, missing_left = [], 1
    for number, (lat, lon) in enumerate(positions(rng, sensors)):
        sensor, total = 70000 + 137 * number, 0
        for offset in range(days):
            day = START + datetime.timedelta(days=offset)
            lines = [";".join(COLUMNS)]
            for at, coarse, fine in readings(rng, day, step):
                p2 = f"{fine:.2f}"
                if missing_left and number == 2 and offset == 1 and at.hour >= 8:
                    p2, missing_left = "", 0
                lines.append(f"{sensor};SDS011;{4000 + number};{lat};{lon};{at:%Y-%m-%dT%H:%M:%S};{coarse:.2f};;;{p2};;")
            (folder / f"{day:%Y-%m-%d}_sds011_sensor_{sensor}.csv").write_text("\n".join(lines) + "\n")
            total += len(lines) - 1
        owners.append((sensor, "SY-" + hashlib.sha256(f"commonhold/synthetic/{sensor}".encode()).hexdigest()[:8], total))
    with open(folder / "members.csv", "w") as out:
        out.write("sensor_id,contributor_id,rows\n" + "".join(f"{s},{c},{n}\n" for s, c, n in owners))
    (folder / "SYNTHETIC.txt").write_text(
        f"Synthetic readings made by deploy/demo/generate.py with seed {seed}: no sensor, place or household in them exists.\n")
    return owners


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=20260504)
    parser.add_argument("--sensors", type=int, default=12)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--step", type=int, default=300, help="seconds between readings")
    args = parser.parse_args()
    owners = write_week(args.folder, args.seed, args.sensors, args.days, args.step)
    print(f"seed {args.seed}: {len(owners)} sensors, {sum(n for _, _, n in owners)} rows in {args.folder}")


if __name__ == "__main__":
    main()
