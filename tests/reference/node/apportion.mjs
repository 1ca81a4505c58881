// SPDX-License-Identifier: AGPL-3.0-or-later
// Shares by npm's hare-niemeyer, ties not drawn: a line {"total", "weights": {id: weight}} in, a line {id: units} out.
import readline from 'node:readline'
import hareNiemeyer from 'hare-niemeyer'

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { total, weights } = JSON.parse(line)
  console.log(JSON.stringify(hareNiemeyer(weights, total, false)))
}
