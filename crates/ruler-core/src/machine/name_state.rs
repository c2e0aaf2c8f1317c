//! Name states: a trie of clauses whose final states hold rule ids. The twin of `name_state.py`, which draws it.
//!
//! A state is 16 bytes; the last state of a sub-rule, as most are, needs no more. Out-edges stand apart, by the path of
//! their clauses; most states have those of one path.
//! Always: states know where they are reached from; a state with a clause lies behind exactly one edge.

use super::clause::{ClauseNode, Kind};
use super::id_set::{hash_id, shrink, IdSet};
use super::path_trie::PathId;
use super::slab::{Slab, ID_LIMIT, NONE};
use hashbrown::HashTable;

#[derive(Clone, Copy)]
pub struct State {
    pub parent: u32,
    /// On the edge that leads here; NONE at the start.
    pub clause: u32,
    /// The rules with a sub-rule that ends here.
    pub rules: IdSet,
    /// In `States::branches`, or NONE.
    pub branches: u32,
}

impl Default for State {
    fn default() -> State {
        State { parent: NONE, clause: NONE, rules: IdSet::default(), branches: NONE }
    }
}

/// Edges to states, by clause: the number of a state, or of a table of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EdgeMap(u32);

impl EdgeMap {
    pub const EMPTY: EdgeMap = EdgeMap(NONE);

    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == NONE
    }

    #[inline]
    pub fn single(self) -> Option<u32> {
        (self.0 < ID_LIMIT).then_some(self.0)
    }

    #[inline]
    fn table(self) -> Option<u32> {
        (self.0 >= ID_LIMIT && self.0 != NONE).then_some(self.0 & !ID_LIMIT)
    }
}

/// The edges of one state over the clauses of one path, by the kind of clause.
#[derive(Clone, Copy)]
pub struct Edges {
    pub path: PathId,
    /// Names that this path has in common with that of the edge to the state.
    pub shared_depth: u32,
    pub closed: EdgeMap,
    pub ranged: EdgeMap,
    pub open: EdgeMap,
    pub split: EdgeMap,
    /// Followed when the path has no value. A clause that also accepts values leads to the same state twice.
    pub absent: EdgeMap,
}

impl Edges {
    fn new(path: PathId, shared_depth: u32) -> Edges {
        let empty = EdgeMap::EMPTY;
        Edges { path, shared_depth, closed: empty, ranged: empty, open: empty, split: empty, absent: empty }
    }

    /// Whether any edge can be followed on a value.
    #[inline]
    pub fn accept_values(&self) -> bool {
        !(self.closed.is_empty() && self.ranged.is_empty() && self.open.is_empty() && self.split.is_empty())
    }

    #[inline]
    pub fn of_kind(&mut self, kind: Kind) -> Option<&mut EdgeMap> {
        match kind {
            Kind::None => None,
            Kind::Closed => Some(&mut self.closed),
            Kind::Ranged => Some(&mut self.ranged),
            Kind::Open => Some(&mut self.open),
            Kind::Split => Some(&mut self.split),
        }
    }

    pub fn maps(&self) -> [EdgeMap; 5] {
        [self.closed, self.ranged, self.open, self.split, self.absent]
    }
}

/// All out-edges of a state.
pub enum Branches {
    One(Edges),
    Many(Box<ManyBranches>),
}

impl Default for Branches {
    fn default() -> Branches {
        Branches::One(Edges::new(PathId::ROOT, 0)) // holds no memory of its own
    }
}

/// Out-edges over several paths.
#[derive(Default)]
pub struct ManyBranches {
    /// Those with absent edges first.
    edges: Vec<Edges>,
    absent_count: u32,
    /// Places in `edges`, by path; only when they are many.
    places: HashTable<(PathId, u32)>,
}

/// So few paths are compared one by one.
const FEW_PATHS: usize = 8;

impl ManyBranches {
    #[inline]
    pub fn place(&self, path: PathId) -> Option<usize> {
        if self.edges.len() <= FEW_PATHS {
            return self.edges.iter().position(|edges| edges.path == path);
        }
        self.places.find(hash_id(path.0), |place| place.0 == path).map(|place| place.1 as usize)
    }

    /// Add, and put where it belongs.
    fn add(&mut self, edges: Edges) {
        self.edges.push(edges);
        let place = self.edges.len() - 1;
        if self.edges.len() == FEW_PATHS + 1 {
            for place in 0..=FEW_PATHS {
                self.note_place(place);
            }
        } else {
            self.note_place(place);
        }
        if !edges.absent.is_empty() {
            self.put_first(place);
        }
    }

    /// Change the edges at `place`; afterwards they may stand elsewhere, or nowhere when none are left.
    fn change(&mut self, place: usize, change: impl FnOnce(&mut Edges)) {
        let had_absent = place < self.absent_count as usize;
        change(&mut self.edges[place]);
        let edges = self.edges[place];
        match (had_absent, !edges.absent.is_empty()) {
            (false, true) => self.put_first(place),
            (true, false) => {
                self.absent_count -= 1;
                let last = self.absent_count as usize;
                self.swap(place, last);
                if !edges.accept_values() {
                    self.remove(last);
                }
            }
            (false, false) if !edges.accept_values() => self.remove(place),
            _ => {}
        }
    }

    fn put_first(&mut self, place: usize) {
        self.swap(place, self.absent_count as usize);
        self.absent_count += 1;
    }

    fn swap(&mut self, one: usize, other: usize) {
        self.edges.swap(one, other);
        self.note_place(one);
        self.note_place(other);
    }

    /// Remove the edges at `place`, which have no absent ones.
    fn remove(&mut self, place: usize) {
        let last = self.edges.len() - 1;
        self.swap(place, last);
        if let Some(edges) = self.edges.pop() {
            if let Ok(entry) = self.places.find_entry(hash_id(edges.path.0), |place| place.0 == edges.path) {
                entry.remove();
            }
        }
        if self.edges.len() <= FEW_PATHS {
            self.places = HashTable::new();
        }
        if self.edges.len() < self.edges.capacity() / 4 {
            self.edges.shrink_to(self.edges.len() * 2);
            self.places.shrink_to(self.edges.len() * 2, |place| hash_id(place.0 .0));
        }
    }

    fn note_place(&mut self, place: usize) {
        if self.edges.len() > FEW_PATHS {
            let path = self.edges[place].path;
            match self.places.find_mut(hash_id(path.0), |place| place.0 == path) {
                Some(known) => known.1 = place as u32,
                None => {
                    self.places.insert_unique(hash_id(path.0), (path, place as u32), |place| hash_id(place.0 .0));
                }
            }
        }
    }
}

impl Branches {
    #[inline]
    pub fn all(&self) -> &[Edges] {
        match self {
            Branches::One(edges) => std::slice::from_ref(edges),
            Branches::Many(many) => &many.edges,
        }
    }

    /// Those with absent edges.
    #[inline]
    pub fn with_absent(&self) -> &[Edges] {
        match self {
            Branches::One(edges) if edges.absent.is_empty() => &[],
            Branches::One(edges) => std::slice::from_ref(edges),
            Branches::Many(many) => &many.edges[..many.absent_count as usize],
        }
    }

    #[inline]
    pub fn of_path(&self, path: PathId) -> Option<&Edges> {
        match self {
            Branches::One(edges) => (edges.path == path).then_some(edges),
            Branches::Many(many) => many.place(path).map(|place| &many.edges[place]),
        }
    }

    fn memory_bytes(&self) -> usize {
        match self {
            Branches::One(_) => 0,
            Branches::Many(many) => {
                size_of::<ManyBranches>() + many.edges.capacity() * size_of::<Edges>() + many.places.allocation_size()
            }
        }
    }
}

#[inline]
fn hash_edge(state: u32, clause: u32) -> u64 {
    let product = (u64::from(state) << 32 | u64::from(clause)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ product >> 32
}

/// All states and their edges.
pub struct States {
    pub states: Slab<State>,
    pub branches: Slab<Branches>,
    tables: Slab<HashTable<u32>>,
    /// The states behind the edges of clauses that are on several, by where they come from and clause.
    shared: HashTable<u32>,
}

pub const START: u32 = 0;

impl Default for States {
    fn default() -> States {
        let mut states = Slab::default();
        states.add(State::default());
        States { states, branches: Slab::default(), tables: Slab::default(), shared: HashTable::new() }
    }
}

impl States {
    #[inline]
    pub fn is_leaf(&self, state: u32) -> bool {
        self.states[state].branches == NONE
    }

    #[inline]
    pub fn branches_of(&self, state: u32) -> Option<&Branches> {
        match self.states[state].branches {
            NONE => None,
            branches => Some(&self.branches[branches]),
        }
    }

    /// The states from `state` up to the one before the start: the clauses of a sub-rule, last first.
    pub fn line(&self, state: u32) -> impl Iterator<Item = u32> + '_ {
        let known = |state: u32| (self.states[state].clause != NONE).then_some(state);
        std::iter::successors(known(state), move |&state| known(self.states[state].parent))
    }

    /// The clauses on the way to `state` from the start.
    pub fn clauses_to(&self, state: u32) -> Vec<u32> {
        let mut clauses: Vec<u32> = self.line(state).map(|state| self.states[state].clause).collect();
        clauses.reverse();
        clauses
    }

    // -- maps of edges ------------------------------------------------------------------------------------------

    #[inline]
    pub fn edge_count(&self, map: EdgeMap) -> usize {
        match map.table() {
            Some(table) => self.tables[table].len(),
            None => usize::from(!map.is_empty()),
        }
    }

    /// The state behind the edge from `state` of a clause that is on several.
    #[inline]
    pub fn shared_edge(&self, state: u32, clause: u32) -> Option<u32> {
        let is_behind = |&next: &u32| self.states[next].parent == state && self.states[next].clause == clause;
        self.shared.find(hash_edge(state, clause), is_behind).copied()
    }

    /// The state behind the edge from `state` of a clause.
    #[inline]
    pub fn edge(&self, state: u32, id: u32, clause: &ClauseNode) -> Option<u32> {
        match clause.edge_count {
            0 => None,
            1 => Some(clause.edge_xor).filter(|&next| self.states[next].parent == state),
            _ => self.shared_edge(state, id),
        }
    }

    /// The states behind all edges, in no order.
    #[inline]
    pub fn edges(&self, map: EdgeMap) -> impl Iterator<Item = u32> + '_ {
        let table = map.table().map(|table| self.tables[table].iter().copied());
        map.single().into_iter().chain(table.into_iter().flatten())
    }

    fn add_edge(&mut self, map: &mut EdgeMap, state: u32) {
        let States { states, tables, .. } = self;
        let hash = |&state: &u32| hash_id(states[state].clause);
        if let Some(table) = map.table() {
            tables[table].insert_unique(hash(&state), state, hash);
            return;
        }
        match map.single() {
            None => map.0 = state,
            Some(other) => {
                let mut table = HashTable::with_capacity(2);
                table.insert_unique(hash(&other), other, hash);
                table.insert_unique(hash(&state), state, hash);
                map.0 = tables.add(table) | ID_LIMIT;
            }
        }
    }

    fn remove_edge(&mut self, map: &mut EdgeMap, state: u32) {
        let States { states, tables, .. } = self;
        let hash = |&state: &u32| hash_id(states[state].clause);
        let Some(number) = map.table() else {
            map.0 = NONE;
            return;
        };
        let table = &mut tables[number];
        if let Ok(entry) = table.find_entry(hash(&state), |&other| other == state) {
            entry.remove();
        }
        if table.len() == 1 {
            map.0 = table.iter().next().copied().unwrap_or(NONE);
            tables.remove(number);
        } else {
            shrink(table, hash);
        }
    }

    // -- changing -----------------------------------------------------------------------------------------------

    /// Note that one edge of a clause which is on several leads to `state`.
    pub fn share(&mut self, state: u32) {
        let States { states, shared, .. } = self;
        let hash = |&state: &u32| hash_edge(states[state].parent, states[state].clause);
        shared.insert_unique(hash(&state), state, hash);
    }

    /// Undo `share`.
    pub fn unshare(&mut self, state: u32) {
        let States { states, shared, .. } = self;
        let hash = |&state: &u32| hash_edge(states[state].parent, states[state].clause);
        if let Ok(entry) = shared.find_entry(hash(&state), |&other| other == state) {
            entry.remove();
        }
        if shared.is_empty() {
            *shared = HashTable::new();
        } else {
            shrink(shared, hash);
        }
    }

    /// How many edges are noted by `share`.
    pub fn shared_count(&self) -> usize {
        self.shared.len()
    }

    /// Add an edge of `clause`, which there must not be yet; return the new state behind it.
    pub fn extend(&mut self, from: u32, id: u32, clause: &ClauseNode, shared_depth: u32) -> u32 {
        let state = self.states.add(State { parent: from, clause: id, ..State::default() });
        let known = self.branches_of(from).and_then(|branches| branches.of_path(clause.path)).copied();
        let mut edges = known.unwrap_or(Edges::new(clause.path, shared_depth));
        if clause.holds_when_absent {
            self.add_edge(&mut edges.absent, state);
        }
        if let Some(map) = edges.of_kind(clause.kind) {
            self.add_edge(map, state);
        }
        let number = self.states[from].branches;
        if number == NONE {
            self.states[from].branches = self.branches.add(Branches::One(edges));
            return state;
        }
        match &mut self.branches[number] {
            Branches::One(only) if known.is_some() => *only = edges,
            Branches::One(only) => {
                let mut many = Box::<ManyBranches>::default();
                many.add(*only);
                many.add(edges);
                self.branches[number] = Branches::Many(many);
            }
            Branches::Many(many) => match many.place(clause.path) {
                Some(place) => many.change(place, |known| *known = edges),
                None => many.add(edges),
            },
        }
        state
    }

    /// Remove the edge to `state`, and the state, which must be a leaf without rules.
    pub fn cut(&mut self, state: u32, clause: &ClauseNode) {
        let from = self.states[state].parent;
        let number = self.states[from].branches;
        let Some(mut edges) = self.branches_of(from).and_then(|branches| branches.of_path(clause.path)).copied() else {
            return;
        };
        if clause.holds_when_absent {
            self.remove_edge(&mut edges.absent, state);
        }
        if let Some(map) = edges.of_kind(clause.kind) {
            self.remove_edge(map, state);
        }
        self.states.remove(state);
        let left = match &mut self.branches[number] {
            Branches::One(only) => {
                *only = edges;
                usize::from(edges.accept_values() || !edges.absent.is_empty())
            }
            Branches::Many(many) => {
                if let Some(place) = many.place(clause.path) {
                    many.change(place, |known| *known = edges);
                }
                many.edges.len()
            }
        };
        if left == 0 {
            self.branches.remove(number);
            self.states[from].branches = NONE;
        } else if left == 1 {
            let only = self.branches[number].all()[0];
            self.branches[number] = Branches::One(only);
        }
    }

    pub fn memory_bytes(&self) -> usize {
        let tables: usize = self.tables.slots().iter().map(HashTable::allocation_size).sum();
        let branches: usize = self.branches.slots().iter().map(Branches::memory_bytes).sum();
        let shared = self.shared.allocation_size();
        self.states.memory_bytes()
            + self.branches.memory_bytes()
            + self.tables.memory_bytes()
            + tables
            + branches
            + shared
    }

    /// How many maps have a table.
    pub fn table_count(&self) -> usize {
        self.tables.len()
    }
}
