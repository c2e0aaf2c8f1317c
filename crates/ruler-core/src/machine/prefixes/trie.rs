//! A radix trie of texts whose nodes stand in one list.
//!
//! Always: every node but the root holds an id or has two children or more; a node's children are numbered anew when
//! most places of the list are free, so memory follows what is stored.

use super::children::Children;
use super::reading::Reading;
use crate::machine::shrink::shrink_list;
use smallvec::SmallVec;
use std::marker::PhantomData;

/// Bytes of a label that stand in the node: with these a node is one cache line.
const SHORT_LABEL: usize = 16;

#[derive(Debug, Default)]
struct Node {
    label: SmallVec<[u8; SHORT_LABEL]>, // the text of the edge that leads here
    id: Option<u32>,
    children: Children,
}

#[derive(Debug)]
pub struct Trie<R> {
    nodes: Vec<Node>, // the root first, once there is any
    free: Vec<u32>,
    size: usize, // stored texts
    reading: PhantomData<R>,
}

impl<R> Default for Trie<R> {
    fn default() -> Trie<R> {
        Trie { nodes: Vec::new(), free: Vec::new(), size: 0, reading: PhantomData }
    }
}

const ROOT: u32 = 0;

impl<R: Reading> Trie<R> {
    pub fn len(&self) -> usize {
        self.size
    }

    pub fn add(&mut self, text: &[u8], id: u32) {
        if self.nodes.is_empty() {
            self.nodes.push(Node::default());
        }
        let (mut node, mut rest) = (ROOT, text);
        while let Some(byte) = R::first(rest) {
            let Some(child) = self.at(node).children.get(byte) else {
                let leaf = self.new_node(rest);
                self.at_mut(node).children.set(byte, leaf);
                (node, rest) = (leaf, &[]);
                continue;
            };
            let common = R::common_length(&self.at(child).label, rest);
            node = if common < self.at(child).label.len() { self.split(node, child, common) } else { child };
            (_, rest) = R::part(rest, common);
        }
        self.size += usize::from(self.at_mut(node).id.replace(id).is_none());
    }

    pub fn remove(&mut self, text: &[u8]) {
        // The last node passed and the byte it was left by, and those before it.
        let (mut above, mut parent, mut node, mut rest) = (None, None, ROOT, text);
        while let Some(byte) = R::first(rest) {
            let Some(child) = self.nodes.get(node as usize).and_then(|node| node.children.get(byte)) else { return };
            let Some(after) = R::after(rest, &self.at(child).label) else { return };
            (above, parent) = (parent, Some((node, byte)));
            (node, rest) = (child, after);
        }
        if self.nodes.get_mut(node as usize).is_none_or(|node| node.id.take().is_none()) {
            return;
        }
        self.size -= 1;
        if let Some((parent, byte)) = parent {
            if self.at(node).children.len() == 0 {
                self.at_mut(parent).children.remove(byte);
                self.release(node);
                if let Some((above, byte)) = above {
                    self.join_with_only_child(above, byte, parent);
                }
            } else {
                self.join_with_only_child(parent, byte, node);
            }
        }
        if self.free.len() > 8 + self.nodes.len() * 3 / 4 || self.size == 0 {
            self.renumber();
        }
    }

    #[inline]
    pub fn find(&self, value: &[u8], found: &mut Vec<u32>) {
        let Some(mut node) = self.nodes.first() else { return };
        let mut rest = value;
        found.extend(node.id);
        while let Some(child) = R::first(rest).and_then(|byte| node.children.get(byte)) {
            node = self.at(child);
            let Some(after) = R::after(rest, &node.label) else { return };
            rest = after;
            found.extend(node.id);
        }
    }

    pub fn memory_bytes(&self) -> usize {
        let label_bytes = |node: &Node| if node.label.spilled() { node.label.capacity() } else { 0 };
        self.nodes.iter().map(|node| label_bytes(node) + node.children.memory_bytes()).sum::<usize>()
            + self.nodes.capacity() * size_of::<Node>()
            + self.free.capacity() * size_of::<u32>()
    }

    #[inline]
    fn at(&self, node: u32) -> &Node {
        &self.nodes[node as usize]
    }

    fn at_mut(&mut self, node: u32) -> &mut Node {
        &mut self.nodes[node as usize]
    }

    fn new_node(&mut self, label: &[u8]) -> u32 {
        let node = Node { label: SmallVec::from_slice(label), ..Node::default() };
        match self.free.pop() {
            Some(place) => {
                *self.at_mut(place) = node;
                place
            }
            None => {
                self.nodes.push(node);
                u32::try_from(self.nodes.len() - 1).expect("fewer than 2^32 nodes")
            }
        }
    }

    /// Put a node into the edge from `parent` to `child` after `length` bytes; return it.
    fn split(&mut self, parent: u32, child: u32, length: usize) -> u32 {
        let label = std::mem::take(&mut self.at_mut(child).label);
        let (upper, lower) = R::part(&label, length);
        let middle = self.new_node(upper);
        self.at_mut(child).label = SmallVec::from_slice(lower);
        if let (Some(upper), Some(lower)) = (R::first(upper), R::first(lower)) {
            self.at_mut(middle).children.set(lower, child);
            self.at_mut(parent).children.set(upper, middle);
        }
        middle
    }

    /// Put the only child of `node` in its place, when `node` holds no id and has just one.
    fn join_with_only_child(&mut self, parent: u32, byte: u8, node: u32) {
        let Some(child) = self.at(node).children.only().filter(|_| self.at(node).id.is_none()) else { return };
        let label = R::join(&self.at(node).label, &self.at(child).label);
        self.at_mut(child).label = SmallVec::from_slice(&label);
        self.at_mut(parent).children.set(byte, child);
        self.release(node);
    }

    fn release(&mut self, node: u32) {
        *self.at_mut(node) = Node::default();
        self.free.push(node);
    }

    /// Close the gaps in the list of nodes.
    fn renumber(&mut self) {
        let mut free = std::mem::take(&mut self.free);
        free.sort_unstable();
        let mut gaps = free.iter().peekable();
        let mut numbers = Vec::with_capacity(self.nodes.len());
        let mut next = 0;
        for old in 0..self.nodes.len() as u32 {
            numbers.push(next);
            next += u32::from(gaps.next_if_eq(&&old).is_none());
        }
        let mut gaps = free.iter().peekable();
        let mut old = 0;
        self.nodes.retain(|_| {
            let is_used = gaps.next_if_eq(&&old).is_none();
            old += 1;
            is_used
        });
        self.nodes.iter_mut().for_each(|node| node.children.renumber(|old| numbers[old as usize]));
        if self.size == 0 {
            self.nodes.clear(); // the root
        }
        shrink_list(&mut self.nodes);
    }

    /// All texts with their ids, and how many nodes there are: what does not depend on numbering.
    #[cfg(test)]
    pub fn structure(&self) -> (Vec<(Vec<u8>, u32)>, usize) {
        let mut texts = Vec::new();
        let mut todo = if self.nodes.is_empty() { Vec::new() } else { vec![(ROOT, Vec::new())] };
        while let Some((node, text)) = todo.pop() {
            let at = self.at(node);
            assert!(node == ROOT || at.id.is_some() || at.children.len() > 1);
            texts.extend(at.id.map(|id| (text.clone(), id)));
            for (byte, child) in at.children.iter() {
                assert_eq!(Some(byte), R::first(&self.at(child).label));
                todo.push((child, R::join(&text, &self.at(child).label)));
            }
        }
        texts.sort();
        (texts, self.nodes.len() - self.free.len())
    }
}
