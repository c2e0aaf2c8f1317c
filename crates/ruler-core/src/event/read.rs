//! Follows the brackets of an event, and where rules use what is inside also the names, and gathers the fields.
//!
//! In: the bytes of an event and the trie of used paths. Out: fields; `Rejected` for what is no event (which words to
//! find for that is left to whoever decodes the event anew).
//! A container that no used path leads into costs its brackets and nothing else. Inside one that is *tracked*, each
//! colon is a name to look up in the trie; no value is copied unless it holds an escape.
//! Always: of equal names in one object the last counts; nothing is read outside of the bytes; no recursion.

use super::escapes::unescape;
use super::fields::{literal, Element, Fields, Value, NONE};
use super::index::{Index, Text};
#[cfg(target_arch = "x86_64")]
use super::instructions;
use super::instructions::Instructions;
use super::nesting::{Cursor, Nesting, Outer};
use super::places;
use super::reuse::empty;
use super::row::Block;
use super::wide::BLOCK;
use crate::machine::path_trie::{PathId, PathTrie};
use hashbrown::{HashMap, HashSet};

/// The bytes are no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejected;

/// How much of an event is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validate {
    /// Every byte.
    Full,
    /// Only what has to be read to settle every used path: for events that are known to be right.
    Used,
}

/// A tracked container that is open.
#[derive(Debug)]
struct Frame {
    node: PathId,
    /// The innermost element of a joint array around what is inside.
    element: u32,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Object {
        /// A number of this object, unique for the reader.
        number: u64,
        /// The member whose fields are being added, and whether its name has dots.
        open_member: Option<(PathId, bool)>,
        /// Used names that were not met yet.
        unmet: u32,
    },
    Array {
        number: u32,
        container_count: u32,
        /// Where the element begins that ends at the next comma or bracket, None when it is known to be a container.
        element_start: Option<usize>,
    },
}

/// The fields that a member added, and the object it was in.
#[derive(Clone, Copy, Debug, Default)]
struct Member {
    object: u64,
    first: u32,
    end: u32,
}

/// Reads events; serves one after another and keeps its memory.
#[derive(Debug, Default)]
pub struct Reader {
    index: Index,
    frames: Vec<Frame>,
    /// By path: the member that led there last.
    members: Vec<Member>,
    dotted: Dotted,
    object_count: u64,
    array_count: u32,
    name: Vec<u8>,
    outer: Option<Outer>,
}

/// What is kept for names with dots, which are several steps: rare, so apart.
#[derive(Debug, Default)]
struct Dotted {
    members: HashMap<(u64, PathId), Member>,
    /// Paths that such a name passes through: they are spelled twice when the same object has a member for one.
    passed: HashSet<(u64, PathId)>,
}

impl Reader {
    /// A reader that uses no better instructions than these: for tests, which try all.
    pub fn limited_to(instructions: Instructions) -> Reader {
        let mut reader = Reader::default();
        reader.index.instructions = instructions;
        reader
    }

    /// Gather the fields of `bytes` at the paths that `paths` says are used.
    pub fn read(
        &mut self,
        bytes: &[u8],
        paths: &PathTrie,
        validate: Validate,
        fields: &mut Fields,
    ) -> Result<(), Rejected> {
        fields.clear(paths.id_count());
        self.begin(paths);
        if validate == Validate::Used {
            self.index.begin(bytes);
        } else if !self.index.check(bytes) {
            return Err(Rejected);
        }
        if !first_token_is_object(bytes) {
            return Err(Rejected);
        }
        let nesting = Nesting::new(self.outer.take().unwrap_or_default());
        let mut reading = Reading {
            bytes,
            paths,
            fields,
            reader: self,
            nesting,
            unmet: 0,
            may_have_dots: false,
            has_replaced: false,
            mixed_end: 0,
        };
        let is_event = run(&mut reading, validate);
        let Reading { nesting, has_replaced, .. } = reading;
        if has_replaced {
            fields.relink();
        }
        self.outer = Some(nesting.outer);
        is_event.then_some(()).ok_or(Rejected)
    }

    fn begin(&mut self, paths: &PathTrie) {
        self.frames.clear();
        self.array_count = 0;
        if self.members.len() < paths.id_count() {
            self.members.resize(paths.id_count(), Member::default());
        }
        if !self.dotted.members.is_empty() {
            self.dotted = Dotted::default();
        }
    }
}

/// So far is looked for the first number of an array: most that hold numbers have it behind a few brackets.
const BEFORE_NUMBERS: usize = 16;

fn first_token_is_object(bytes: &[u8]) -> bool {
    bytes.get(after_white(bytes, 0)) == Some(&b'{')
}

/// The first place at or after `at` that holds no white space.
#[inline(always)]
fn after_white(bytes: &[u8], at: usize) -> usize {
    let mut at = at;
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(at) {
        at += 1;
    }
    at
}

/// The last place up to `end` that has no white space before it; there is something else before `end`.
#[inline(always)]
fn before_white(bytes: &[u8], end: usize) -> usize {
    let mut end = end;
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(end - 1) {
        end -= 1;
    }
    end
}

/// One reading of one event.
struct Reading<'a> {
    bytes: &'a [u8],
    paths: &'a PathTrie,
    fields: &'a mut Fields,
    reader: &'a mut Reader,
    nesting: Nesting,
    /// How many used names could still come, one more for each open array.
    unmet: u32,
    /// Whether names with dots must be waited for; see `is_settled`.
    may_have_dots: bool,
    has_replaced: bool,
    /// The end of the array found last that does not hold only numbers.
    mixed_end: usize,
}

#[cfg(target_arch = "x86_64")]
fn run(reading: &mut Reading<'_>, validate: Validate) -> bool {
    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn run_with_avx2(reading: &mut Reading<'_>, validate: Validate) -> bool {
        reading.run_as(validate, |block, byte| places::places_of_avx2(block, byte))
    }
    if instructions::best(reading.reader.index.instructions) >= Instructions::Avx2 {
        // SAFETY: the instructions were just found to be there. They count and find bits, which is most of the work:
        // without them a city-lots event takes 60 ns more.
        unsafe { run_with_avx2(reading, validate) }
    } else {
        reading.run_as(validate, places::places_of)
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn run(reading: &mut Reading<'_>, validate: Validate) -> bool {
    reading.run_as(validate, places::places_of)
}

impl Reading<'_> {
    #[inline(always)]
    fn run_as(&mut self, validate: Validate, places_of: impl Fn(&[u8; BLOCK], u8) -> u64) -> bool {
        match validate {
            Validate::Full => self.run::<false>(&places_of),
            Validate::Used => self.run::<true>(&places_of),
        }
    }

    /// Go through all brackets; false when the bytes are no event.
    ///
    /// With `USED_ONLY`, kinds of brackets and what else is checked are ignored, and it ends when all is settled.
    #[inline(always)]
    fn run<const USED_ONLY: bool>(&mut self, places_of: &impl Fn(&[u8; BLOCK], u8) -> u64) -> bool {
        // The node of the container that the next bracket opens, if it is tracked.
        let mut next_node = Some(PathId::ROOT);
        let mut at = Cursor::default();
        loop {
            if !at.next_block::<USED_ONLY>(&mut self.reader.index, self.bytes) {
                return false;
            }
            while let Some(bit) = at.next_bracket() {
                let segment = self.nesting.pass(&mut at, bit);
                if self.nesting.depth > 0 {
                    next_node = self.segment::<USED_ONLY>(&at, segment, Some(bit), places_of).or(next_node);
                }
                let is_curly = at.block.curly & bit != 0;
                if at.block.opens & bit != 0 {
                    if !self.nesting.push(is_curly) {
                        return false;
                    }
                    match next_node.take() {
                        Some(node) if !self.enter::<USED_ONLY>(node, &mut at, bit) => return false,
                        Some(_) => {}
                        None if !self.nesting.leave::<USED_ONLY>(&mut at, &mut self.reader.index, self.bytes) => {
                            return false;
                        }
                        None => {}
                    }
                } else {
                    if !self.nesting.pop(is_curly) {
                        return false;
                    }
                    self.close();
                    if self.nesting.depth == 0 {
                        return USED_ONLY || (self.nesting.odd == 0 && self.nothing_follows(&at));
                    }
                }
                if USED_ONLY && self.unmet == 0 && next_node.is_none() && self.is_settled(&at) {
                    return true;
                }
            }
            let segment = self.nesting.pass_rest(&mut at);
            if self.nesting.depth > 0 {
                next_node = self.segment::<USED_ONLY>(&at, segment, None, places_of).or(next_node);
                if USED_ONLY && self.unmet == 0 && next_node.is_none() && self.is_settled(&at) {
                    return true;
                }
            }
        }
    }

    /// Whether nothing can come any more at a used path, now that every used name has been met where it may be.
    ///
    /// Only a name with dots could still lead to one, past its first part: so it is settled when no such part with a
    /// dot stands in the rest of the text, in whatever place, nor an escape, which may spell one. Looked for once, since
    /// it costs as much as going on.
    fn is_settled(&mut self, at: &Cursor) -> bool {
        if self.may_have_dots {
            return false;
        }
        let rest = &self.bytes[at.base()..];
        let mut in_question = self.reader.frames.iter().filter(|frame| self.paths.has_grandchildren(frame.node));
        self.may_have_dots = in_question.any(|frame| self.may_have_dotted_name(frame.node, rest));
        !self.may_have_dots
    }

    /// Whether `text` may hold a name with a dot that leads on from `node`, or an escape, which may spell one. A pass
    /// that looks at two bytes says of nearly every text that it has none, and a search is left for the others.
    fn may_have_dotted_name(&self, node: PathId, text: &[u8]) -> bool {
        let Some(before_dots) = self.paths.before_dots(node).few() else {
            return true;
        };
        let instructions = self.reader.index.instructions;
        before_dots.iter().any(|&before| places::has_escape_or_dot_after(text, before, instructions))
            && (memchr::memchr(b'\\', text).is_some() || self.paths.may_have_dotted_name(node, text))
    }

    /// Whether no token follows the last bracket of the event.
    fn nothing_follows(&self, at: &Cursor) -> bool {
        let tokens = |block: &Block| block.brackets | block.colons | block.commas;
        let mut blocks_after = self.reader.index.blocks_from(at.number);
        tokens(&at.block) & !at.done == 0 && blocks_after.all(|block| tokens(&block) == 0)
    }

    fn open<const USED_ONLY: bool>(&mut self, node: PathId, at: usize) {
        let element =
            self.reader.frames.last_mut().map_or(NONE, |around| around.element_inside(self.paths, self.fields));
        let kind = if self.bytes[at] == b'{' {
            self.reader.object_count += 1;
            let mut unmet = 0;
            if USED_ONLY {
                unmet = self.paths.child_count(node) as u32;
                self.unmet += unmet;
            }
            Kind::Object { number: self.reader.object_count, open_member: None, unmet }
        } else {
            self.unmet += u32::from(USED_ONLY);
            self.reader.array_count += 1;
            let number = self.reader.array_count;
            Kind::Array { number, container_count: 0, element_start: Some(at + 1) }
        };
        self.reader.frames.push(Frame { node, element, kind });
    }

    /// Open a tracked container, or pass it when it is an array of numbers; false when the bytes are no event.
    #[inline(always)]
    fn enter<const USED_ONLY: bool>(&mut self, node: PathId, at: &mut Cursor, bracket: u64) -> bool {
        let place = at.place_of(bracket);
        if at.block.curly & bracket == 0 && self.may_hold_only_numbers(node, place) {
            return self.numbers::<USED_ONLY>(node, at);
        }
        self.open::<USED_ONLY>(node, place);
        true
    }

    /// Whether the array of a bracket seems to be one whose numbers can be left in the text: no rule asks for anything
    /// else in it, or which element a number lies in.
    #[inline]
    fn may_hold_only_numbers(&self, node: PathId, bracket: usize) -> bool {
        if self.paths.has_children(node) || self.paths.is_joint(node) || bracket < self.mixed_end {
            return false;
        }
        let inside = self.bytes[bracket + 1..].iter().take(BEFORE_NUMBERS);
        let first = inside.copied().find(|byte| !matches!(byte, b'[' | b' ' | b'\t' | b'\n' | b'\r'));
        first.is_some_and(|first| first == b'-' || first.is_ascii_digit())
    }

    /// Pass an array, just opened, and add its numbers as one field; false when the bytes are no event.
    ///
    /// Where it holds strings or objects too, it is opened like others instead.
    #[inline]
    fn numbers<const USED_ONLY: bool>(&mut self, node: PathId, at: &mut Cursor) -> bool {
        let (opened, start) = (at.clone(), at.behind());
        if !self.nesting.leave::<USED_ONLY>(at, &mut self.reader.index, self.bytes) {
            return false;
        }
        let end = at.behind() - 1;
        if memchr::memchr(b'"', &self.bytes[start..end]).is_none() {
            let element = self.reader.frames.last().map_or(NONE, |frame| frame.element);
            self.fields.add(node, Value::Numbers { start, end }, element);
            return true;
        }
        *at = opened;
        self.mixed_end = end; // so that the arrays within are not tried in turn
        self.nesting.push(false) && {
            self.open::<USED_ONLY>(node, start - 1);
            true
        }
    }

    /// Leave the innermost tracked container.
    fn close(&mut self) {
        match self.reader.frames.pop().map(|frame| frame.kind) {
            Some(Kind::Object { unmet, .. }) => self.unmet = self.unmet.saturating_sub(unmet),
            _ => self.unmet = self.unmet.saturating_sub(1),
        }
    }

    /// Gather what lies in a stretch of one block that has no bracket but perhaps its last byte, `bracket`.
    ///
    /// Returns the node of the container that the next bracket opens, if it is settled and tracked.
    #[inline(always)]
    fn segment<const USED_ONLY: bool>(
        &mut self,
        at: &Cursor,
        segment: u64,
        bracket: Option<u64>,
        places_of: &impl Fn(&[u8; BLOCK], u8) -> u64,
    ) -> Option<PathId> {
        let (block, base) = (&at.block, at.base());
        let frame = self.reader.frames.last()?;
        if let Kind::Object { .. } = frame.kind {
            let mut next_node = None;
            let mut names = block.names & segment;
            if names != 0 {
                names &= self.may_be_used(frame.node, base, places_of);
            }
            while names != 0 {
                next_node = self.member::<USED_ONLY>(at, base + names.trailing_zeros() as usize);
                names &= names - 1;
            }
            return next_node;
        }
        let node = frame.node;
        if self.paths.is_used(node) {
            let mut ends = (block.commas & segment) | bracket.unwrap_or(0);
            while ends != 0 {
                self.element(node, base + ends.trailing_zeros() as usize);
                ends &= ends - 1;
            }
        }
        match bracket {
            Some(bit) if block.opens & bit != 0 => self.container_in_array(node, block.curly & bit != 0),
            _ => None,
        }
    }

    /// Which quotes of the block at `base` may begin a name that leads on from `node`: judged by the byte after each.
    #[inline(always)]
    fn may_be_used(&self, node: PathId, base: usize, places_of: &impl Fn(&[u8; BLOCK], u8) -> u64) -> u64 {
        let behind = self.bytes.get(base + 1..).and_then(|bytes| bytes.first_chunk::<BLOCK>());
        let (Some(behind), Some(first_bytes)) = (behind, self.paths.first_bytes(node).few()) else {
            return u64::MAX;
        };
        let mut found = if self.reader.index.has_backslash { places_of(behind, b'\\') } else { 0 };
        for &byte in first_bytes {
            found |= places_of(behind, byte);
        }
        found
    }

    /// Note an object or array in an array; returns its node if it is tracked.
    fn container_in_array(&mut self, node: PathId, is_curly: bool) -> Option<PathId> {
        if let Some(Frame { kind: Kind::Array { container_count, element_start, .. }, .. }) =
            self.reader.frames.last_mut()
        {
            *element_start = None;
            *container_count += 1;
            if *container_count == 2 && self.paths.is_joint(node) {
                self.fields.joints.push(node);
            }
        }
        self.is_tracked(node, is_curly).then_some(node)
    }

    /// Whether a container at `node` can hold values at used paths.
    #[inline]
    fn is_tracked(&self, node: PathId, is_curly: bool) -> bool {
        self.paths.has_children(node) || (!is_curly && self.paths.is_used(node))
    }

    /// Take the element of an array that ends before `end`, unless it is a container.
    fn element(&mut self, node: PathId, end: usize) {
        let bytes = self.bytes;
        let Some(Frame { kind: Kind::Array { element_start, .. }, element, .. }) = self.reader.frames.last_mut() else {
            return;
        };
        let element = *element;
        let start = element_start.replace(end + 1);
        let Some(start) = start.map(|start| after_white(bytes, start)).filter(|&start| start < end) else {
            return;
        };
        let end = before_white(bytes, end);
        if bytes[start] == b'"' {
            let is_special = self.reader.index.has_backslash; // it may be; its end is known without looking at bitmaps
            self.add_text(node, start + 1, Text { end: end - 1, is_special }, element);
        } else {
            self.fields.add(node, scalar(bytes, start, end), element);
        }
    }

    /// Take the member whose name begins with the quote at `quote`; returns the node of its value if that is a tracked
    /// container. A string that is no name is left alone.
    #[inline(always)]
    fn member<const USED_ONLY: bool>(&mut self, at: &Cursor, quote: usize) -> Option<PathId> {
        let index = &mut self.reader.index;
        let text = at.text_from::<USED_ONLY>(index, self.bytes, quote + 1)?;
        let colon = after_white(self.bytes, text.end + 1);
        if self.bytes.get(colon) != Some(&b':') {
            return None;
        }
        let mut name = &self.bytes[quote + 1..text.end];
        if text.is_special && has_escapes(index, name) {
            empty(&mut self.reader.name);
            unescape(name, &mut self.reader.name);
            name = &self.reader.name;
        }
        let frame = self.reader.frames.last_mut()?;
        let (around, element) = (frame.node, frame.element);
        let node = match self.paths.child(around, name) {
            Some(child) => {
                if let Kind::Object { unmet, .. } = &mut frame.kind {
                    if USED_ONLY && *unmet > 0 {
                        *unmet -= 1;
                        self.unmet -= 1;
                    }
                }
                self.enter_member(child, false);
                child
            }
            None if text.is_special && self.paths.has_grandchildren(around) && memchr::memchr(b'.', name).is_some() => {
                let target = self.paths.descendant(around, name)?;
                self.enter_member(target, true);
                target
            }
            None => return None,
        };
        let start = after_white(self.bytes, colon + 1);
        match self.bytes.get(start)? {
            b'{' => self.is_tracked(node, true).then_some(node),
            b'[' => self.is_tracked(node, false).then_some(node),
            _ if !self.paths.is_used(node) => None,
            b'"' => {
                let text = at.text_from::<USED_ONLY>(&mut self.reader.index, self.bytes, start + 1)?;
                self.add_text(node, start + 1, text, element);
                None
            }
            _ => {
                let end = self.reader.index.end_from::<USED_ONLY>(self.bytes, start)?;
                let end = before_white(self.bytes, end).max(start);
                self.fields.add(node, scalar(self.bytes, start, end), element);
                None
            }
        }
    }

    /// Note that a member leads to `node`; what an earlier member of the same name led to no longer counts.
    fn enter_member(&mut self, node: PathId, has_dots: bool) {
        let so_far = self.fields.fields.len() as u32;
        let reader = &mut *self.reader;
        let Some(Frame { kind: Kind::Object { number, open_member, .. }, node: around, .. }) = reader.frames.last_mut()
        else {
            return;
        };
        let object = *number;
        let previous = open_member.replace((node, has_dots));
        match previous {
            Some((before, false)) => reader.members[before.index()].end = so_far,
            Some((before, true)) => {
                reader.dotted.members.entry((object, before)).and_modify(|member| member.end = so_far);
            }
            None => {}
        }
        let member = Member { object, first: so_far, end: so_far };
        let earlier = if has_dots {
            self.fields.spelled_twice |= reader.dotted.passes(self.paths, &reader.members, object, *around, node);
            reader.dotted.members.insert((object, node), member)
        } else {
            Some(std::mem::replace(&mut reader.members[node.index()], member))
                .filter(|earlier| earlier.object == object)
        };
        if !reader.dotted.passed.is_empty() {
            self.fields.spelled_twice |= reader.dotted.passed.contains(&(object, node));
        }
        if let Some(earlier) = earlier {
            self.fields.replace(earlier.first, earlier.end);
            self.has_replaced |= earlier.first < earlier.end;
        }
    }

    /// Add the string whose inside begins at `start`.
    #[inline(always)]
    fn add_text(&mut self, node: PathId, start: usize, text: Text, element: u32) {
        let end = text.end;
        if text.is_special && has_escapes(&self.reader.index, &self.bytes[start..end]) {
            self.add_unescaped(node, start, end, element);
        } else {
            self.fields.add(node, Value::Text { start, end }, element); // stored at once: copying waits for narrow stores
        }
    }

    /// The same where there are escapes.
    #[cold]
    fn add_unescaped(&mut self, node: PathId, start: usize, end: usize, element: u32) {
        let first = self.fields.unescaped.len();
        unescape(&self.bytes[start..end], &mut self.fields.unescaped);
        self.fields.add(node, Value::Unescaped { start: first, end: self.fields.unescaped.len() }, element);
    }
}

impl Frame {
    /// The element that what is inside a container directly in this one lies in; made if this is a joint array.
    fn element_inside(&mut self, paths: &PathTrie, fields: &mut Fields) -> u32 {
        match self.kind {
            Kind::Array { number, .. } if paths.is_joint(self.node) => {
                fields.elements.push(Element { parent: self.element, array: number, path: self.node });
                fields.elements.len() as u32 - 1
            }
            _ => self.element,
        }
    }
}

impl Dotted {
    /// Note the paths between `around` and `node`, which a name with dots skips; true when one is a member as well.
    fn passes(&mut self, paths: &PathTrie, members: &[Member], object: u64, around: PathId, node: PathId) -> bool {
        let mut is_spelled_twice = false;
        for between in paths.line(node).skip(1).take_while(|&between| between != around) {
            is_spelled_twice |= members[between.index()].object == object;
            is_spelled_twice |= self.members.contains_key(&(object, between));
            self.passed.insert((object, between));
        }
        is_spelled_twice
    }
}

/// Whether a string has escapes.
fn has_escapes(index: &Index, text: &[u8]) -> bool {
    index.has_backslash && memchr::memchr(b'\\', text).is_some()
}

/// The literal that begins at `start`, or the number from there to `end`.
#[inline(always)]
fn scalar(bytes: &[u8], start: usize, end: usize) -> Value {
    literal(bytes[start]).map_or(Value::NumberText { start, end }, Value::Literal)
}
