//! The paths that rules use, as a trie of names: it decides what of an event is looked at. Twin of `path_trie.py`.
//!
//! ```text
//! rules use "a", "a.x", "b.y"      root ── a (used) ── x (used)
//!                                     └─── b ───────── y (used)
//! ```
//!
//! A node is *used* when clauses stand at it. It is *joint* when some sub-rule has two clauses at or below it: only
//! then does it matter which element of an array at that node a value came from.
//! Always: every node is used or has children, except the root.

use hashbrown::hash_table::HashTable;
use hashbrown::DefaultHashBuilder;
use memchr::memmem::Finder;
use std::hash::BuildHasher;

/// A node of the trie. Ids are used again after removal, so they stay below the most nodes there ever were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub u32);

impl PathId {
    pub const ROOT: PathId = PathId(0);

    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// One name of some used path.
#[derive(Debug)]
struct Node {
    name: Box<[u8]>,
    parent: PathId,
    depth: u32,
    /// In order of name, so that what goes through them does not depend on history.
    children: Vec<PathId>,
    /// The bit of each child's name (`name_bit`): most names are of no child, and most of these have another bit. It may
    /// keep bits of children that went.
    name_bits: u64,
    /// What the children's names begin with.
    first_bytes: FewBytes<4>,
    /// How many children have children: whether a name with a dot could lead on from here.
    parent_count: u32,
    /// What stands before the dot of such a name's first part.
    before_dots: FewBytes<8>,
    /// Finds this name with a dot after it, made while the node has children.
    with_dot: Option<Box<Finder<'static>>>,
    joint_count: u32,
    is_used: bool,
}

/// Bytes that names have at one place, while they are few: a reader looks for these alone.
#[derive(Clone, Copy, Debug)]
pub struct FewBytes<const MOST: usize> {
    bytes: [u8; MOST],
    count: u8,
    is_any: bool,
}

impl<const MOST: usize> Default for FewBytes<MOST> {
    fn default() -> Self {
        FewBytes { bytes: [0; MOST], count: 0, is_any: false }
    }
}

impl<const MOST: usize> FewBytes<MOST> {
    /// The bytes; None when a name may have any there. It may keep bytes of names that went.
    #[inline]
    pub fn few(&self) -> Option<&[u8]> {
        if self.is_any {
            return None;
        }
        self.bytes.get(..usize::from(self.count))
    }

    /// Add a byte of a name; None stands for any.
    fn add(&mut self, byte: Option<u8>) {
        match byte {
            Some(byte) if self.bytes[..usize::from(self.count)].contains(&byte) => {}
            Some(byte) if usize::from(self.count) < MOST => {
                self.bytes[usize::from(self.count)] = byte;
                self.count += 1;
            }
            _ => self.is_any = true,
        }
    }
}

/// So few children are compared one by one; more are found by hash.
const FEW_CHILDREN: usize = 8;

#[derive(Debug)]
pub struct PathTrie {
    nodes: Vec<Node>,
    free: Vec<PathId>,
    /// Children of nodes that have many, by parent and name.
    by_name: HashTable<PathId>,
    hasher: DefaultHashBuilder,
    used_count: usize,
}

impl Default for PathTrie {
    fn default() -> PathTrie {
        let root = Node {
            name: Box::default(),
            parent: PathId::ROOT,
            depth: 0,
            children: Vec::new(),
            name_bits: 0,
            first_bytes: FewBytes::default(),
            parent_count: 0,
            before_dots: FewBytes::default(),
            with_dot: None,
            joint_count: 0,
            is_used: false,
        };
        PathTrie {
            nodes: vec![root],
            free: Vec::new(),
            by_name: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            used_count: 0,
        }
    }
}

impl PathTrie {
    /// Ids are below this number.
    #[inline]
    pub fn id_count(&self) -> usize {
        self.nodes.len()
    }

    /// How many paths are used.
    pub fn used_count(&self) -> usize {
        self.used_count
    }

    #[inline]
    pub fn is_used(&self, path: PathId) -> bool {
        self.nodes[path.index()].is_used
    }

    #[inline]
    pub fn is_joint(&self, path: PathId) -> bool {
        self.nodes[path.index()].joint_count > 0
    }

    #[inline]
    pub fn has_children(&self, path: PathId) -> bool {
        !self.nodes[path.index()].children.is_empty()
    }

    /// What the names of the children of `path` begin with.
    #[inline]
    pub fn first_bytes(&self, path: PathId) -> &FewBytes<4> {
        &self.nodes[path.index()].first_bytes
    }

    pub fn child_count(&self, path: PathId) -> usize {
        self.nodes[path.index()].children.len()
    }

    /// The children of a node, in order of name.
    pub fn children(&self, path: PathId) -> &[PathId] {
        &self.nodes[path.index()].children
    }

    /// How many names lead from the root to `path`.
    #[inline]
    pub fn depth(&self, path: PathId) -> u32 {
        self.nodes[path.index()].depth
    }

    /// The last name of `path`.
    pub fn name(&self, path: PathId) -> &[u8] {
        &self.nodes[path.index()].name
    }

    /// The node above, None for the root.
    #[inline]
    pub fn parent(&self, path: PathId) -> Option<PathId> {
        (path != PathId::ROOT).then(|| self.nodes[path.index()].parent)
    }

    /// This node and those above it, innermost first.
    pub fn line(&self, path: PathId) -> impl Iterator<Item = PathId> + '_ {
        std::iter::successors(Some(path), |&node| self.parent(node))
    }

    /// How many names both paths have in common from the root.
    pub fn shared_depth(&self, first: PathId, second: PathId) -> u32 {
        let (mut one, mut other) = (first, second);
        while one != other {
            if self.depth(one) >= self.depth(other) {
                one = self.nodes[one.index()].parent;
            } else {
                other = self.nodes[other.index()].parent;
            }
        }
        self.depth(one)
    }

    /// The child that one name leads to; `name` is compared as it is, dots included.
    #[inline]
    pub fn child(&self, path: PathId, name: &[u8]) -> Option<PathId> {
        let node = &self.nodes[path.index()];
        if node.name_bits & name_bit(name) == 0 {
            return None;
        }
        let children = &node.children;
        if children.len() <= FEW_CHILDREN {
            return children.iter().copied().find(|child| *self.nodes[child.index()].name == *name);
        }
        self.by_name.find(self.hash(path, name), |&child| self.is_named(child, path, name)).copied()
    }

    /// The node that the names of `path`, joined by dots, lead to from `from`.
    pub fn descendant(&self, from: PathId, path: &[u8]) -> Option<PathId> {
        path.split(|&byte| byte == b'.').try_fold(from, |node, name| self.child(node, name))
    }

    /// Whether some name with a dot could lead on from `path`: whether any child has children.
    #[inline]
    pub fn has_grandchildren(&self, path: PathId) -> bool {
        self.nodes[path.index()].parent_count > 0
    }

    /// What stands before the dot in each name with a dot that leads on from `path`: the last byte of its first part,
    /// or the quote that begins it.
    #[inline]
    pub fn before_dots(&self, path: PathId) -> &FewBytes<8> {
        &self.nodes[path.index()].before_dots
    }

    /// Whether `text` has what a name with a dot that leads on from `path` must begin with.
    pub fn may_have_dotted_name(&self, path: PathId, text: &[u8]) -> bool {
        let beginnings = self.children(path).iter().filter_map(|child| self.nodes[child.index()].with_dot.as_ref());
        beginnings.into_iter().any(|beginning| beginning.find(text).is_some())
    }

    // -- changing -----------------------------------------------------------------------------------------------

    /// The node of `path`, made and marked used where it was not.
    pub fn use_path(&mut self, path: &[u8]) -> PathId {
        let mut node = PathId::ROOT;
        for name in path.split(|&byte| byte == b'.') {
            node = match self.child(node, name) {
                Some(child) => child,
                None => self.add_child(node, name),
            };
        }
        self.used_count += usize::from(!self.nodes[node.index()].is_used);
        self.nodes[node.index()].is_used = true;
        node
    }

    /// Mark `path` as no longer used, and remove it and each node above that is neither used nor has children.
    pub fn disuse(&mut self, path: PathId) {
        self.nodes[path.index()].is_used = false;
        self.used_count -= 1;
        let mut node = path;
        while node != PathId::ROOT && !self.is_used(node) && !self.has_children(node) {
            let parent = self.nodes[node.index()].parent;
            self.remove_child(parent, node);
            node = parent;
        }
    }

    /// Note (`+1`) or forget (`-1`) a sub-rule whose clauses stand at `paths`, one entry a clause.
    pub fn count_joints(&mut self, paths: &[PathId], change: i32) {
        if paths.len() < 2 {
            return;
        }
        let mut met: Vec<PathId> = paths.iter().flat_map(|&path| self.line(path)).collect();
        met.sort_unstable();
        for run in met.chunk_by(|one, other| one == other).filter(|run| run.len() > 1) {
            let count = &mut self.nodes[run[0].index()].joint_count;
            *count = count.checked_add_signed(change).expect("joints are counted down only after being counted up");
        }
    }

    /// How many sub-rules have two clauses at or below `path`.
    pub fn joint_count(&self, path: PathId) -> u32 {
        self.nodes[path.index()].joint_count
    }

    /// Bytes held.
    pub fn memory_bytes(&self) -> usize {
        let names: usize = self.nodes.iter().map(|node| node.name.len() + node.children.capacity() * 4).sum();
        let finders = self.nodes.iter().filter(|node| node.with_dot.is_some()).count() * size_of::<Finder<'_>>();
        names + finders + self.nodes.capacity() * size_of::<Node>() + self.by_name.allocation_size()
    }

    fn add_child(&mut self, parent: PathId, name: &[u8]) -> PathId {
        let node = Node {
            name: name.into(),
            parent,
            depth: self.depth(parent) + 1,
            children: Vec::new(),
            name_bits: 0,
            first_bytes: FewBytes::default(),
            parent_count: 0,
            before_dots: FewBytes::default(),
            with_dot: None,
            joint_count: 0,
            is_used: false,
        };
        let id = match self.free.pop() {
            Some(id) => {
                self.nodes[id.index()] = node;
                id
            }
            None => {
                self.nodes.push(node);
                PathId(u32::try_from(self.nodes.len() - 1).expect("fewer than 2^32 paths"))
            }
        };
        let at = self.place_of(parent, name).unwrap_or_else(|at| at);
        if parent != PathId::ROOT && !self.has_children(parent) {
            let last = self.name(parent).last().copied().unwrap_or(b'"');
            let grandparent = self.nodes[parent.index()].parent;
            let grandparent = &mut self.nodes[grandparent.index()];
            grandparent.parent_count += 1;
            grandparent.before_dots.add(Some(last));
        }
        let above = &mut self.nodes[parent.index()];
        above.with_dot.get_or_insert_with(|| Box::new(Finder::new(&[&above.name, &b"."[..]].concat()).into_owned()));
        above.children.insert(at, id);
        above.name_bits |= name_bit(name);
        above.first_bytes.add(name.first().copied());
        match self.child_count(parent) {
            count if count <= FEW_CHILDREN => {}
            count if count == FEW_CHILDREN + 1 => {
                let children = self.children(parent).to_vec();
                children.into_iter().for_each(|child| self.enter(child));
            }
            _ => self.enter(id),
        }
        id
    }

    fn remove_child(&mut self, parent: PathId, child: PathId) {
        if self.child_count(parent) > FEW_CHILDREN {
            self.leave(child);
        }
        let name = std::mem::take(&mut self.nodes[child.index()].name);
        let at = self.nodes[parent.index()].children.iter().position(|&id| id == child);
        self.nodes[parent.index()].children.remove(at.expect("a child stands among its parent's children"));
        drop(name);
        if !self.has_children(parent) {
            let above = &mut self.nodes[parent.index()];
            above.with_dot = None;
            above.name_bits = 0;
            above.first_bytes = FewBytes::default();
            let grandparent = above.parent;
            if parent != PathId::ROOT {
                let grandparent = &mut self.nodes[grandparent.index()];
                grandparent.parent_count -= 1;
                if grandparent.parent_count == 0 {
                    grandparent.before_dots = FewBytes::default();
                }
            }
        }
        if self.child_count(parent) == FEW_CHILDREN {
            let children = self.children(parent).to_vec();
            children.into_iter().for_each(|child| self.leave(child));
        }
        self.free.push(child);
        if self.nodes.len() == self.free.len() + 1 {
            self.nodes.truncate(1); // only the root is left: give the memory back
            self.nodes.shrink_to_fit();
            self.nodes[0].children = Vec::new();
            self.free = Vec::new();
            self.by_name = HashTable::new();
        }
    }

    fn place_of(&self, parent: PathId, name: &[u8]) -> Result<usize, usize> {
        self.children(parent).binary_search_by(|&id| (*self.nodes[id.index()].name).cmp(name))
    }

    fn enter(&mut self, child: PathId) {
        let PathTrie { nodes, by_name, hasher, .. } = self;
        let hash_of = |&id: &PathId| hash_one(hasher, nodes[id.index()].parent, &nodes[id.index()].name);
        by_name.insert_unique(hash_of(&child), child, hash_of);
    }

    fn leave(&mut self, child: PathId) {
        let node = &self.nodes[child.index()];
        let hash = hash_one(&self.hasher, node.parent, &node.name);
        match self.by_name.find_entry(hash, |&id| id == child) {
            // not `entry`, which makes room for one more at once
            Ok(entry) => drop(entry.remove()),
            Err(_) => unreachable!("a child of many is found by name"),
        }
    }

    #[inline]
    fn hash(&self, parent: PathId, name: &[u8]) -> u64 {
        hash_one(&self.hasher, parent, name)
    }

    #[inline]
    fn is_named(&self, child: PathId, parent: PathId, name: &[u8]) -> bool {
        let node = &self.nodes[child.index()];
        node.parent == parent && *node.name == *name
    }
}

/// One of 64 bits, by length and first byte.
#[inline]
fn name_bit(name: &[u8]) -> u64 {
    let first = name.first().map_or(0, |&byte| usize::from(byte));
    1 << ((name.len() * 7 + first) % 64)
}

#[inline]
fn hash_one(hasher: &DefaultHashBuilder, parent: PathId, name: &[u8]) -> u64 {
    hasher.hash_one((parent.0, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_by_its_names_until_it_is_disused() {
        let mut trie = PathTrie::default();
        let paths: Vec<String> = (0..40).map(|number| format!("a.n{number}.x")).collect();
        let ids: Vec<PathId> = paths.iter().map(|path| trie.use_path(path.as_bytes())).collect();
        for (path, &id) in paths.iter().zip(&ids) {
            assert_eq!(trie.descendant(PathId::ROOT, path.as_bytes()), Some(id));
            assert!(trie.is_used(id));
        }
        assert_eq!(trie.shared_depth(ids[0], ids[1]), 1);
        assert!(trie.has_grandchildren(PathId::ROOT) && !trie.has_grandchildren(trie.parent(ids[0]).unwrap()));
        for (path, &id) in paths.iter().zip(&ids) {
            trie.disuse(id);
            assert_eq!(trie.descendant(PathId::ROOT, path.as_bytes()), None);
        }
        assert_eq!((trie.id_count(), trie.used_count()), (1, 0));
        assert!(!trie.has_grandchildren(PathId::ROOT));
        assert!(trie.by_name.is_empty());
    }

    #[test]
    fn joints_are_nodes_with_two_clauses_of_one_sub_rule_at_or_below() {
        let mut trie = PathTrie::default();
        let (x, y, z) = (trie.use_path(b"a.x"), trie.use_path(b"a.y"), trie.use_path(b"b.z"));
        trie.count_joints(&[x, y, z], 1);
        let a = trie.parent(x).unwrap();
        assert!(trie.is_joint(a) && trie.is_joint(PathId::ROOT));
        assert!(!trie.is_joint(x) && !trie.is_joint(z));
        trie.count_joints(&[x, y, z], -1);
        assert!(!trie.is_joint(a));
    }
}
