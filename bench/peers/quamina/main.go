// Measures Quamina for `python -m bench`.
//
// In: one JSON object a line, {"do": ...}. Out: one reply a line. The requests are those of bench/worker.py, where
// each is described; an engine is a process of its own, so that no runtime disturbs another.
//
// Events are bytes, matched by MatchesForEvent. Deleting rules has to be asked for when an instance is made, and its
// documentation says that this is not free. So events are matched by an instance without it; the first request that
// removes rules makes another one, of the same rules, before its clock starts.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"quamina.net/go/quamina/v2"
)

// How many events a thread takes at a time: few enough that all threads end together.
const chunk = 64

// As much memory as the Java peer has. Up to there garbage is collected only between passes, outside the clock.
const heapBytes = 4 << 30

type request struct {
	Do    string
	File  string
	First int
	End   int
	Count int
}

type reply map[string]any

// A line of a rules file: name and text.
type rule [2]string

// An error that a request answers with {"refused": ...}: a rule the engine did not take.
type refused struct{ error }

// An error that a request answers with {"cannot": ...}.
type cannot struct{ error }

type harness struct {
	machine   *quamina.Quamina
	canDelete bool
	rules     []rule // those in the machine, in the order they were added
	events    [][]byte
	read      []rule // from the rules file that was read last
	touched   int    // what touching came to; kept, so that the compiler cannot leave it out
}

func main() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(heapBytes)
	machine, err := quamina.New()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	h := &harness{machine: machine}
	requests := bufio.NewReader(os.Stdin)
	replies := json.NewEncoder(os.Stdout)
	replies.SetEscapeHTML(false)
	for {
		line, err := requests.ReadBytes('\n')
		if err == io.EOF {
			return
		}
		if err == nil {
			err = replies.Encode(h.reply(line))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func (h *harness) reply(line []byte) reply {
	answer, err := guarded(func() (reply, error) { return h.answer(line) })
	switch err.(type) {
	case nil:
		return answer
	case refused:
		return reply{"refused": err.Error()}
	case cannot:
		return reply{"cannot": err.Error()}
	default:
		return reply{"error": err.Error()}
	}
}

// A panic of the library is an answer like another.
func guarded[T any](work func() (T, error)) (result T, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("it panicked: %v", cause)
		}
	}()
	return work()
}

func (h *harness) answer(line []byte) (reply, error) {
	var asked request
	if err := json.Unmarshal(line, &asked); err != nil {
		return nil, err
	}
	switch asked.Do {
	case "hello":
		return hello(), nil
	case "events":
		return h.readEvents(asked.File)
	case "rules":
		rules, err := h.rulesOf(asked.File)
		return reply{"rules": len(rules)}, err
	case "add":
		return h.add(asked.File)
	case "remove":
		return h.remove(asked.File)
	case "answers":
		return h.answers(asked.First, asked.End, asked.File)
	case "match":
		return h.match(asked.First, asked.End)
	case "threads":
		return h.threads(asked.Count)
	case "churn":
		return h.churn(asked.File)
	case "memory":
		return memory()
	default:
		return nil, cannot{fmt.Errorf("no such request: %s", asked.Do)}
	}
}

func hello() reply {
	version := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if strings.HasPrefix(module.Path, "quamina.net/") {
				version = strings.TrimPrefix(module.Version, "v")
			}
		}
	}
	return reply{"name": "Quamina", "version": version, "runtime": "Go " + strings.TrimPrefix(runtime.Version(), "go")}
}

func (h *harness) readEvents(file string) (reply, error) {
	lines, err := lines(file)
	if err != nil {
		return nil, err
	}
	h.events = lines
	return reply{"events": len(lines)}, nil
}

// The rules of a file, or those that were read last where a request names none.
func (h *harness) rulesOf(file string) ([]rule, error) {
	if file == "" {
		return h.read, nil
	}
	rules, err := readRules(file)
	if err == nil {
		h.read = rules
	}
	return rules, err
}

func (h *harness) add(file string) (reply, error) {
	rules, err := h.rulesOf(file)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	if err := addAll(h.machine, rules); err != nil {
		return nil, err
	}
	seconds := time.Since(start).Seconds()
	h.rules = append(h.rules, rules...)
	return reply{"rules": len(rules), "seconds": seconds}, nil
}

func (h *harness) remove(file string) (reply, error) {
	rules, err := h.rulesOf(file)
	if err != nil {
		return nil, err
	}
	if err := h.allowDeletion(); err != nil {
		return nil, err
	}
	start := time.Now()
	if err := removeAll(h.machine, rules); err != nil {
		return nil, err
	}
	seconds := time.Since(start).Seconds()
	names := make(map[string]bool, len(rules))
	for _, rule := range rules {
		names[rule[0]] = true
	}
	h.rules = slices.DeleteFunc(h.rules, func(rule rule) bool { return names[rule[0]] })
	return reply{"rules": len(rules), "seconds": seconds}, nil
}

// Sees to a machine that rules can be removed from.
func (h *harness) allowDeletion() error {
	if h.canDelete {
		return nil
	}
	machine, err := quamina.New(quamina.WithPatternDeletion(true))
	if err != nil {
		return err
	}
	if err := addAll(machine, h.rules); err != nil {
		return err
	}
	h.machine, h.canDelete = machine, true
	return nil
}

func (h *harness) answers(first, end int, file string) (result reply, err error) {
	out, err := os.Create(file)
	if err != nil {
		return nil, err
	}
	defer func() {
		if closing := out.Close(); err == nil {
			err = closing
		}
	}()
	buffer := bufio.NewWriter(out)
	encoder := json.NewEncoder(buffer)
	encoder.SetEscapeHTML(false)
	matches := 0
	for index := first; index < end; index++ {
		found, err := h.namesFor(h.machine, index)
		if err != nil {
			return nil, err
		}
		names := make([]string, 0, len(found)) // not nil: no match is [], not null
		for _, name := range found {
			names = append(names, name.(string))
		}
		slices.Sort(names)
		names = slices.Compact(names)
		matches += len(names)
		if err := encoder.Encode(names); err != nil {
			return nil, err
		}
	}
	return reply{"matches": matches}, buffer.Flush()
}

func (h *harness) match(first, end int) (reply, error) {
	h.prepare(first, end)
	start := time.Now()
	matches, err := h.count(h.machine, first, end)
	if err != nil {
		return nil, err
	}
	return reply{"seconds": time.Since(start).Seconds(), "matches": matches}, nil
}

// Matches all events once, by threads that take them in small chunks. Quamina shares the machine among copies of an
// instance, one for each thread; they are made before the clock starts.
func (h *harness) threads(count int) (reply, error) {
	h.prepare(0, len(h.events))
	copies := make([]*quamina.Quamina, count)
	for index := range copies {
		copies[index] = h.machine.Copy()
	}
	errs := make([]error, count)
	var next, matches atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for index, machine := range copies {
		group.Add(1)
		go func() {
			defer group.Done()
			_, errs[index] = guarded(func() (int, error) {
				for {
					first := int(next.Add(chunk)) - chunk
					if first >= len(h.events) {
						return 0, nil
					}
					found, err := h.count(machine, first, min(first+chunk, len(h.events)))
					if err != nil {
						return 0, err
					}
					matches.Add(int64(found))
				}
			})
		}()
	}
	group.Wait()
	seconds := time.Since(start).Seconds()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return reply{"seconds": seconds, "matches": matches.Load()}, nil
}

// Adds and removes rules, one at a time, while another thread matches with a copy of the instance.
func (h *harness) churn(file string) (reply, error) {
	rules, err := h.rulesOf(file)
	if err != nil {
		return nil, err
	}
	if err := h.allowDeletion(); err != nil {
		return nil, err
	}
	machine := h.machine.Copy()
	var isOver atomic.Bool
	var matched atomic.Int64
	matching := make(chan error, 1)
	go func() {
		_, err := guarded(func() (int, error) {
			for len(h.events) > 0 && !isOver.Load() {
				for index := 0; index < len(h.events) && !isOver.Load(); index++ {
					if _, err := h.count(machine, index, index+1); err != nil {
						return 0, err
					}
					matched.Add(1)
				}
			}
			return 0, nil
		})
		matching <- err
	}()
	for matched.Load() == 0 && len(matching) == 0 {
		runtime.Gosched()
	}
	before := matched.Load()
	start := time.Now()
	_, changing := guarded(func() (int, error) {
		if err := addAll(h.machine, rules); err != nil {
			return 0, err
		}
		return 0, removeAll(h.machine, rules)
	})
	seconds := time.Since(start).Seconds()
	meanwhile := matched.Load() - before
	isOver.Store(true)
	if err := <-matching; err != nil {
		return nil, err
	}
	if changing != nil {
		return nil, changing
	}
	return reply{"changes": 2 * len(rules), "seconds": seconds, "matched": meanwhile}, nil
}

// What the process holds, in Linux's count.
func memory() (reply, error) {
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return nil, cannot{fmt.Errorf("memory is read from /proc, which this system does not have")}
	}
	for _, line := range strings.Split(string(status), "\n") {
		if kilobytes, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			count, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(kilobytes, "kB")))
			return reply{"bytes": count * 1024}, err
		}
	}
	return nil, cannot{fmt.Errorf("/proc/self/status has no line VmRSS")}
}

// What is measured: the names for each event, counted and dropped.
func (h *harness) count(machine *quamina.Quamina, first, end int) (int, error) {
	matches := 0
	for index := first; index < end; index++ {
		names, err := h.namesFor(machine, index)
		if err != nil {
			return 0, err
		}
		matches += len(names)
	}
	return matches, nil
}

func (h *harness) namesFor(machine *quamina.Quamina, index int) ([]quamina.X, error) {
	names, err := machine.MatchesForEvent(h.events[index])
	if err != nil {
		return nil, fmt.Errorf("event %d: %w", index, err)
	}
	return names, nil
}

// Collects garbage, so that no pass pays for another, and then brings the events into the caches.
func (h *harness) prepare(first, end int) {
	runtime.GC()
	sum := h.touched
	for _, event := range h.events[first:end] {
		for _, char := range event {
			sum += int(char)
		}
	}
	h.touched = sum
}

func addAll(machine *quamina.Quamina, rules []rule) error {
	for _, rule := range rules {
		if err := machine.AddPattern(rule[0], rule[1]); err != nil {
			return refused{fmt.Errorf("%s: %w", rule[0], err)}
		}
	}
	return nil
}

func removeAll(machine *quamina.Quamina, rules []rule) error {
	for _, rule := range rules {
		if err := machine.DeletePatterns(rule[0]); err != nil {
			return refused{fmt.Errorf("%s: %w", rule[0], err)}
		}
	}
	return nil
}

func readRules(file string) ([]rule, error) {
	lines, err := lines(file)
	if err != nil {
		return nil, err
	}
	rules := make([]rule, len(lines))
	for index, line := range lines {
		if err := json.Unmarshal(line, &rules[index]); err != nil {
			return nil, err
		}
	}
	return rules, nil
}

// The lines of a file, each in memory of its own.
func lines(file string) ([][]byte, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	lines := bytes.Split(content, []byte("\n"))
	if len(lines[len(lines)-1]) == 0 {
		lines = lines[:len(lines)-1]
	}
	for index, line := range lines {
		lines[index] = bytes.Clone(line)
	}
	return lines, nil
}
