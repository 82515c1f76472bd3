package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const examples = 20

// tally counts while requests run; safe to use from several goroutines.
type tally struct {
	sent, unsent, retries atomic.Int64
	guard                 sync.Mutex
	statuses              map[string]int64
	versions              map[string]int64
	errors                map[string]int64
	first, last           map[string]float64
	failures              []string
}

// counts is what counts.py reads.
type counts struct {
	Sent        int64              `json:"sent"`
	Succeeded   int64              `json:"succeeded"`
	Unsent      int64              `json:"unsent"`
	Retries     int64              `json:"retries"`
	Statuses    map[string]int64   `json:"statuses"`
	Versions    map[string]int64   `json:"versions"`
	Errors      map[string]int64   `json:"errors"`
	FirstAnswer map[string]float64 `json:"first_answer"`
	LastAnswer  map[string]float64 `json:"last_answer"`
	Failures    []string           `json:"failures"`
}

func newTally() *tally {
	return &tally{
		statuses: map[string]int64{},
		versions: map[string]int64{},
		errors:   map[string]int64{},
		first:    map[string]float64{},
		last:     map[string]float64{},
		failures: []string{},
	}
}

func now() float64 { return float64(time.Now().UnixMicro()) / 1e6 }

// answered counts an answer.
func (t *tally) answered(status int, version string) {
	t.guard.Lock()
	defer t.guard.Unlock()
	at := now()
	t.statuses[strconv.Itoa(status)]++
	if status >= 400 {
		t.remember(fmt.Sprintf("%.3f status %d from %s", at, status, known(version)))
		return
	}
	t.versions[version]++
	if _, before := t.first[version]; !before {
		t.first[version] = at
	}
	t.last[version] = max(at, t.last[version])
}

// unanswered counts a request that got no answer.
func (t *tally) unanswered(kind string, detail string) {
	t.guard.Lock()
	defer t.guard.Unlock()
	t.errors[kind]++
	t.remember(fmt.Sprintf("%.3f %s: %s", now(), kind, detail))
}

func (t *tally) remember(failure string) {
	if len(t.failures) < examples {
		t.failures = append(t.failures, failure)
	}
}

func known(version string) string {
	if version == "" {
		return "an unknown version"
	}
	return version
}

// refreshing writes the counts into the file all the time, until the function it returns is called, which writes the
// last ones.
func (t *tally) refreshing(file string) func() {
	over, written := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(written)
		for {
			select {
			case <-over:
				return
			case <-time.After(refreshed):
				t.write(file)
			}
		}
	}()
	return func() {
		close(over)
		<-written
		t.write(file)
	}
}

// write replaces the file in one step, so a reader sees the old counts or the new ones.
func (t *tally) write(file string) {
	half := filepath.Join(filepath.Dir(file), "."+filepath.Base(file)+".half")
	if err := os.WriteFile(half, t.document(), 0o644); err != nil {
		log.Fatal(err)
	}
	if err := os.Rename(half, file); err != nil {
		log.Fatal(err)
	}
}

func (t *tally) document() []byte {
	t.guard.Lock()
	defer t.guard.Unlock()
	made := counts{
		Sent:        t.sent.Load(),
		Unsent:      t.unsent.Load(),
		Retries:     t.retries.Load(),
		Statuses:    t.statuses,
		Versions:    t.versions,
		Errors:      t.errors,
		FirstAnswer: t.first,
		LastAnswer:  t.last,
		Failures:    t.failures,
	}
	for _, number := range t.versions {
		made.Succeeded += number
	}
	document, err := json.Marshal(made)
	if err != nil {
		log.Fatal(err)
	}
	return document
}
