//! Measures quamina-rs for `python -m bench`.
//!
//! In: one JSON object a line, `{"do": ...}`. Out: one reply a line. The requests are those of `bench/worker.py`, where
//! each is described; an engine is a process of its own, so that no runtime disturbs another.
//!
//! Events are bytes, matched by `matches_for_event`. Rules are known to Quamina by a number, which is cheaper to copy
//! and to compare than a name, and their names are looked up for each match, so that names come out.

use std::any::Any;
use std::collections::HashMap;
use std::fmt::Display;
use std::fs;
use std::hint::black_box;
use std::io::{self, BufRead, Write};
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use quamina::{MatcherBuildMode, Quamina, QuaminaBuilder};
use serde_json::{Value, json};

/// How many events a thread takes at a time: few enough that all threads end together.
const CHUNK: usize = 64;

/// In place of Quamina's own limits on rules, which guard against rules of strangers and refuse large sets of rules.
const LIMIT: usize = 1 << 30;

/// What goes wrong with a request: the reply's key (`error`, `refused`, `cannot`) and the words.
type Problem = (&'static str, String);
type Reply = Result<Value, Problem>;

fn main() -> io::Result<()> {
    let mut harness = Harness::new();
    let mut replies = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let line = line?;
        // A panic of the library is an answer like another; its message goes to standard error.
        let reply =
            catch_unwind(AssertUnwindSafe(|| harness.answer(&line))).unwrap_or_else(|cause| Err(panicked(&*cause)));
        let reply = reply.unwrap_or_else(|(key, words)| json!({ key: words }));
        writeln!(replies, "{reply}")?;
        replies.flush()?;
    }
    Ok(())
}

struct Harness {
    quamina: Quamina<u32>,
    /// Each rule's name, by its number.
    names: Vec<String>,
    numbers: HashMap<String, u32>,
    events: Vec<Vec<u8>>,
    /// Those that were read last.
    rules: Vec<Rule>,
}

/// A line of a rules file.
struct Rule {
    number: u32,
    text: String,
}

impl Harness {
    fn new() -> Self {
        let builder = QuaminaBuilder::new()
            .with_arena_byte_budget(LIMIT)
            .with_max_states_per_pattern(LIMIT)
            .with_max_fields_per_pattern(LIMIT);
        let quamina = builder.build().expect("the settings are constant");
        Self { quamina, names: Vec::new(), numbers: HashMap::new(), events: Vec::new(), rules: Vec::new() }
    }

    fn answer(&mut self, line: &str) -> Reply {
        let request: Value = serde_json::from_str(line).map_err(problem)?;
        match request["do"].as_str().unwrap_or_default() {
            "hello" => Ok(hello()),
            "events" => self.read_events(file(&request)?),
            "rules" => self.read_rules(file(&request)?),
            "add" => {
                self.read_if_asked(&request)?;
                self.change(add)
            }
            "remove" => {
                self.read_if_asked(&request)?;
                self.change(remove)
            }
            "answers" => self.answers(range(&request)?, file(&request)?),
            "match" => self.match_events(range(&request)?),
            "threads" => self.threads(size(&request, "count")?),
            // A lock around it would measure the lock: who waits for whom, and how long.
            "churn" => Err(("cannot", "a change needs the machine for itself: callers stop matching".to_owned())),
            "memory" => self.memory(),
            other => Err(("cannot", format!("no such request: {other}"))),
        }
    }

    /// Events are read by those who match: then Quamina builds for speed. Where rules only come and go it does not.
    fn read_events(&mut self, file: &str) -> Reply {
        // For its wildcards: 600 ns an event in place of 58,000 with 1,000 of "growth-contains", 350 in place of 5,000
        // with 100 of "growth-two-words"; other rules as without. It costs a second or more of adding, and changes with
        // wildcards among the rules 2 ms each. 2026-11-21, city-lots lines.
        self.quamina.set_matcher_build_mode(MatcherBuildMode::BuiltForSpeed);
        let bytes = fs::read(file).map_err(problem)?;
        self.events = bytes.split_inclusive(|&byte| byte == b'\n').map(without_line_end).collect();
        Ok(json!({"events": self.events.len()}))
    }

    fn read_if_asked(&mut self, request: &Value) -> Result<(), Problem> {
        if request.get("file").is_some() {
            self.read_rules(file(request)?)?;
        }
        Ok(())
    }

    /// Reads the rules of a file, each with its number. A name seen before keeps the number it had.
    fn read_rules(&mut self, file: &str) -> Reply {
        let text = fs::read_to_string(file).map_err(problem)?;
        let mut rules = Vec::new();
        for line in text.split_terminator('\n') {
            let (name, text): (String, String) = serde_json::from_str(line).map_err(problem)?;
            let next = u32::try_from(self.names.len()).map_err(problem)?;
            let number = *self.numbers.entry(name.clone()).or_insert(next);
            if number == next {
                self.names.push(name);
            }
            rules.push(Rule { number, text });
        }
        self.rules = rules;
        Ok(json!({"rules": self.rules.len()}))
    }

    fn change(&mut self, make: fn(&mut Quamina<u32>, &Rule) -> Result<(), String>) -> Reply {
        let quamina = &mut self.quamina;
        let start = Instant::now();
        for rule in &self.rules {
            make(quamina, rule).map_err(|words| refused(&self.names, rule, &words))?;
        }
        freeze(quamina)?;
        Ok(json!({"rules": self.rules.len(), "seconds": start.elapsed().as_secs_f64()}))
    }

    fn answers(&self, range: Range<usize>, file: &str) -> Reply {
        let quamina = &self.quamina;
        let mut out = io::BufWriter::new(fs::File::create(file).map_err(problem)?);
        let mut matches = 0;
        for index in range {
            let mut numbers = numbers_for_event(quamina, &self.events, index)?;
            numbers.sort_unstable();
            numbers.dedup();
            matches += numbers.len();
            let names: Vec<&str> = numbers.iter().map(|&number| self.names[number as usize].as_str()).collect();
            writeln!(out, "{}", json!(names)).map_err(problem)?;
        }
        out.flush().map_err(problem)?;
        Ok(json!({"matches": matches}))
    }

    fn match_events(&self, range: Range<usize>) -> Reply {
        let quamina = &self.quamina;
        touch(&self.events[range.clone()]);
        let start = Instant::now();
        let matches = self.count(quamina, range)?;
        Ok(json!({"seconds": start.elapsed().as_secs_f64(), "matches": matches}))
    }

    /// What is measured: the names for each event, counted and dropped.
    fn count(&self, quamina: &Quamina<u32>, range: Range<usize>) -> Result<usize, Problem> {
        let mut matches = 0;
        for index in range {
            for number in numbers_for_event(quamina, &self.events, index)? {
                black_box(&self.names[number as usize]);
                matches += 1;
            }
        }
        Ok(matches)
    }

    /// Matches all events once, by threads that share the machine and take the events in small chunks.
    fn threads(&self, count: usize) -> Reply {
        let quamina = &self.quamina;
        touch(&self.events);
        let next = AtomicUsize::new(0);
        let work = || {
            let mut matches = 0;
            loop {
                let first = next.fetch_add(CHUNK, Ordering::Relaxed);
                if first >= self.events.len() {
                    return Ok(matches);
                }
                matches += self.count(quamina, first..self.events.len().min(first + CHUNK))?;
            }
        };
        let start = Instant::now();
        let counts: Vec<Result<usize, Problem>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..count).map(|_| scope.spawn(work)).collect();
            threads.into_iter().map(joined).collect()
        });
        let seconds = start.elapsed().as_secs_f64();
        let matches = counts.into_iter().sum::<Result<usize, Problem>>()?;
        Ok(json!({"seconds": seconds, "matches": matches}))
    }

    /// What the process holds, after Quamina has given back what removed rules held.
    fn memory(&mut self) -> Reply {
        self.quamina.rebuild();
        let status = fs::read_to_string("/proc/self/status")
            .map_err(|_| ("cannot", "memory is read from /proc, which this system does not have".to_owned()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().map_err(problem)?;
        Ok(json!({"bytes": kilobytes * 1024}))
    }
}

fn hello() -> Value {
    // The version that was built, not the one asked for, stands in the lock file, two lines below one another.
    let lock = include_str!("../Cargo.lock");
    let after_name = lock.split_once("name = \"quamina\"\n").map_or("", |(_, rest)| rest);
    let version = after_name.split('"').nth(1).unwrap_or_default();
    json!({"name": "quamina-rs", "version": version, "runtime": concat!("Rust ", env!("COMPILER_VERSION"))})
}

fn add(quamina: &mut Quamina<u32>, rule: &Rule) -> Result<(), String> {
    quamina.add_pattern(rule.number, &rule.text).map_err(|error| error.to_string())
}

fn remove(quamina: &mut Quamina<u32>, rule: &Rule) -> Result<(), String> {
    quamina.delete_patterns(&rule.number).map_err(|error| error.to_string())
}

/// Has Quamina do what it puts off until the first event after a change: until then no event can be matched.
fn freeze(quamina: &Quamina<u32>) -> Result<(), Problem> {
    quamina.has_matches(b"{}").map(drop).map_err(problem)
}

fn numbers_for_event(quamina: &Quamina<u32>, events: &[Vec<u8>], index: usize) -> Result<Vec<u32>, Problem> {
    quamina.matches_for_event(&events[index]).map_err(|error| problem(format!("event {index}: {error}")))
}

/// Reads every byte once, so that all engines find the events in the same caches.
fn touch(events: &[Vec<u8>]) {
    let sum = events.iter().flatten().fold(0_u64, |sum, &byte| sum.wrapping_add(u64::from(byte)));
    black_box(sum);
}

fn without_line_end(line: &[u8]) -> Vec<u8> {
    line.strip_suffix(b"\n").unwrap_or(line).to_vec()
}

fn joined<T>(thread: thread::ScopedJoinHandle<'_, Result<T, Problem>>) -> Result<T, Problem> {
    thread.join().unwrap_or_else(|cause| Err(panicked(&*cause)))
}

fn panicked(cause: &(dyn Any + Send)) -> Problem {
    let literal = cause.downcast_ref::<&str>().copied();
    let words = literal.or_else(|| cause.downcast_ref::<String>().map(String::as_str));
    problem(format!("it panicked: {}", words.unwrap_or("without a word")))
}

fn file(request: &Value) -> Result<&str, Problem> {
    request["file"].as_str().ok_or_else(|| problem("the request names no file"))
}

fn range(request: &Value) -> Result<Range<usize>, Problem> {
    Ok(size(request, "first")?..size(request, "end")?)
}

fn size(request: &Value, key: &str) -> Result<usize, Problem> {
    let number = request[key].as_u64().ok_or_else(|| problem(format!("the request has no number {key:?}")))?;
    usize::try_from(number).map_err(problem)
}

fn refused(names: &[String], rule: &Rule, words: &str) -> Problem {
    ("refused", format!("{}: {words}", names[rule.number as usize]))
}

fn problem(words: impl Display) -> Problem {
    ("error", words.to_string())
}
