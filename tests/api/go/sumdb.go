// SPDX-License-Identifier: AGPL-3.0-or-later

// Checks what a log publishes with golang.org/x/mod/sumdb, which shares nothing with this project.
//
//	sumdb checkpoint VKEY FILE
//	sumdb inclusion VKEY PROOF ENTRY
//	sumdb consistency VKEY FILE OLD
//	sumdb tiles VKEY CHECKPOINT FOLDER   (every entry below FOLDER/tile against the checkpoint)
package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error) {
	if err != nil {
		fmt.Println("refused:", err)
		os.Exit(1)
	}
}

func read(path string) string {
	text, err := os.ReadFile(path)
	check(err)
	return string(text)
}

func hash(text string) (h tlog.Hash) {
	raw, err := base64.StdEncoding.Strict().DecodeString(text)
	check(err)
	if copy(h[:], raw) != tlog.HashSize || len(raw) != tlog.HashSize {
		check(fmt.Errorf("%q is no hash", text))
	}
	return h
}

func number(text string) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	check(err)
	return n
}

// The tree of a checkpoint, once its signature has been checked.
func open(vkey, text string) tlog.Tree {
	verifier, err := note.NewVerifier(vkey)
	check(err)
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		check(fmt.Errorf("%q is no checkpoint", opened.Text))
	}
	return tlog.Tree{N: number(lines[1]), Hash: hash(lines[2])}
}

// What stands in front of the checkpoint: the lines, and the hashes behind the first `skip` of them.
func proof(text string, skip int) (lines []string, hashes []tlog.Hash, checkpoint string) {
	parts := strings.SplitN(text, "\n\n", 2)
	if len(parts) != 2 {
		check(fmt.Errorf("no checkpoint"))
	}
	lines = strings.Split(parts[0], "\n")
	for _, line := range lines[skip:] {
		hashes = append(hashes, hash(line))
	}
	return lines, hashes, parts[1]
}

// Tiles as files, as C2SP tlog-tiles names them.
type tiles struct{ folder string }

func (t tiles) Height() int                         { return 8 }
func (t tiles) SaveTiles(_ []tlog.Tile, _ [][]byte) {}

func path(n int64, width int) string {
	text := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		text = fmt.Sprintf("x%03d/%s", n%1000, text)
	}
	if width < 256 {
		text += fmt.Sprintf(".p/%d", width)
	}
	return text
}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		found = append(found, []byte(read(fmt.Sprintf("%s/tile/%d/%s", t.folder, tile.L, path(tile.N, tile.W)))))
	}
	return found, nil
}

// Every entry hashes to the leaf that the tiles, authenticated up to the signed root, have in its place.
func walk(tree tlog.Tree, folder string) {
	reader := tlog.TileHashReader(tree, tiles{folder})
	for start := int64(0); start < tree.N; start += 256 {
		width := int(tree.N - start)
		if width > 256 {
			width = 256
		}
		bundle := read(fmt.Sprintf("%s/tile/entries/%s", folder, path(start/256, width)))
		var places []int64
		for i := 0; i < width; i++ {
			places = append(places, tlog.StoredHashIndex(0, start+int64(i)))
		}
		hashes, err := reader.ReadHashes(places)
		check(err)
		for i := 0; i < width; i++ {
			length := int(bundle[0])<<8 | int(bundle[1])
			if tlog.RecordHash([]byte(bundle[2:2+length])) != hashes[i] {
				check(fmt.Errorf("entry %d is not its leaf", start+int64(i)))
			}
			bundle = bundle[2+length:]
		}
	}
}

func main() {
	arguments := os.Args[2:]
	switch vkey := arguments[0]; os.Args[1] {
	case "checkpoint":
		open(vkey, read(arguments[1]))
	case "inclusion":
		lines, hashes, checkpoint := proof(read(arguments[1]), 2)
		tree := open(vkey, checkpoint)
		if lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
			check(fmt.Errorf("no tlog-proof"))
		}
		index := number(lines[1][len("index "):])
		check(tlog.CheckRecord(hashes, tree.N, tree.Hash, index, tlog.RecordHash([]byte(read(arguments[2])))))
	case "consistency":
		lines, hashes, checkpoint := proof(read(arguments[1]), 1)
		tree, old := open(vkey, checkpoint), open(vkey, read(arguments[2]))
		if lines[0] != fmt.Sprintf("old %d", old.N) {
			check(fmt.Errorf("of another size"))
		}
		check(tlog.CheckTree(hashes, tree.N, tree.Hash, old.N, old.Hash))
	case "tiles":
		walk(open(vkey, read(arguments[1])), arguments[2])
	}
	fmt.Println("accepted")
}
