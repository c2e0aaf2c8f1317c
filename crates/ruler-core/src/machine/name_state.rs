//! Name states: a trie of clauses whose final states hold rule ids. The twin of `name_state.py`, which draws it.
//!
//! A state is 16 bytes; the last state of a sub-rule, as most are, needs no more. Out-edges stand apart, by the path of
//! their clauses; most states have those of one path.
//! Always: states know where they are reached from; a state with a clause lies behind exactly one edge.

use super::clause::{ClauseNode, Guards, Kind};
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
    /// Followed when the path has no value. A clause that also accepts values leads to the same state twice.
    pub absent: EdgeMap,
    /// In `States::rare_edges`, or NONE.
    rare: u32,
}

/// Edges of the kinds that few states have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RareEdges {
    pub compound: EdgeMap,
    pub split: EdgeMap,
    pub judged: EdgeMap,
    /// Those of `Edges::absent` that may also be followed when the path has values, by `Guards`.
    pub guarded: EdgeMap,
    pub guarded_open: EdgeMap,
    pub guarded_judged: EdgeMap,
}

impl Default for RareEdges {
    fn default() -> RareEdges {
        let empty = EdgeMap::EMPTY;
        RareEdges {
            compound: empty,
            split: empty,
            judged: empty,
            guarded: empty,
            guarded_open: empty,
            guarded_judged: empty,
        }
    }
}

impl RareEdges {
    pub fn maps(&self) -> [EdgeMap; 6] {
        [self.compound, self.split, self.judged, self.guarded, self.guarded_open, self.guarded_judged]
    }

    /// Whether any can be followed because of a value.
    #[inline]
    pub fn accept_values(&self) -> bool {
        !(self.compound.is_empty() && self.split.is_empty() && self.judged.is_empty())
    }
}

impl Edges {
    fn new(path: PathId, shared_depth: u32) -> Edges {
        let empty = EdgeMap::EMPTY;
        Edges { path, shared_depth, closed: empty, ranged: empty, open: empty, absent: empty, rare: NONE }
    }

    /// Whether any edge can be followed where the path has values.
    #[inline]
    pub fn ask_for_values(&self) -> bool {
        !(self.closed.is_empty() && self.ranged.is_empty() && self.open.is_empty() && self.rare == NONE)
    }

    #[inline]
    pub fn have_rare(&self) -> bool {
        self.rare != NONE
    }

    fn is_empty(&self) -> bool {
        !self.ask_for_values() && self.absent.is_empty()
    }
}

/// All out-edges of a state.
pub enum Branches {
    One(Edges),
    Many(Box<ManyBranches>),
}

const _: () = assert!(size_of::<Branches>() == 32);

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
                if !edges.ask_for_values() {
                    self.remove(last);
                }
            }
            (false, false) if !edges.ask_for_values() => self.remove(place),
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
    rare_edges: Slab<RareEdges>,
    tables: Slab<HashTable<u32>>,
    /// The states behind the edges of clauses that are on several, by where they come from and clause.
    shared: HashTable<u32>,
}

pub const START: u32 = 0;

impl Default for States {
    fn default() -> States {
        let mut states = Slab::default();
        states.add(State::default());
        States {
            states,
            branches: Slab::default(),
            rare_edges: Slab::default(),
            tables: Slab::default(),
            shared: HashTable::new(),
        }
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

    // -- edges by kind -------------------------------------------------------------------------------------------

    /// The edges of the kinds that few states have.
    #[inline]
    pub fn rare(&self, edges: &Edges) -> RareEdges {
        match edges.rare {
            NONE => RareEdges::default(),
            rare => self.rare_edges[rare],
        }
    }

    /// Whether any edge can be followed because of a value.
    #[inline]
    pub fn accept_values(&self, edges: &Edges) -> bool {
        let is_common = !(edges.closed.is_empty() && edges.ranged.is_empty() && edges.open.is_empty());
        is_common || self.rare(edges).accept_values()
    }

    /// All maps; an edge may be in one for the values that its clause accepts, and in two for doing without.
    pub fn maps(&self, edges: &Edges) -> impl Iterator<Item = EdgeMap> {
        [edges.closed, edges.ranged, edges.open, edges.absent].into_iter().chain(self.rare(edges).maps())
    }

    /// Enter the edge of `clause` to `state` wherever it belongs, or remove it there.
    fn change_edges(&mut self, edges: &mut Edges, state: u32, clause: &ClauseNode, is_added: bool) {
        if clause.holds_when_absent() {
            self.change_map(&mut edges.absent, state, is_added);
        }
        let is_rare = match clause.kind {
            Kind::None => false,
            Kind::Compound | Kind::Split | Kind::Judged => true,
            Kind::Closed => self.change_map(&mut edges.closed, state, is_added),
            Kind::Ranged => self.change_map(&mut edges.ranged, state, is_added),
            Kind::Open | Kind::Always => self.change_map(&mut edges.open, state, is_added),
        };
        if is_rare || clause.guards.judge_values() {
            self.change_rare(edges, state, clause, is_added);
        }
    }

    /// False: a map of a kind that is not rare, so that callers may say so.
    fn change_map(&mut self, map: &mut EdgeMap, state: u32, is_added: bool) -> bool {
        match is_added {
            true => self.add_edge(map, state),
            false => self.remove_edge(map, state),
        }
        false
    }

    fn change_rare(&mut self, edges: &mut Edges, state: u32, clause: &ClauseNode, is_added: bool) {
        let mut rare = self.rare(edges);
        let of_kind = match clause.kind {
            Kind::Compound => Some(&mut rare.compound),
            Kind::Split => Some(&mut rare.split),
            Kind::Judged => Some(&mut rare.judged),
            _ => None,
        };
        let of_guards = match clause.guards {
            Guards::Never | Guards::Absent => None,
            Guards::Closed => Some(&mut rare.guarded),
            Guards::Open => Some(&mut rare.guarded_open),
            Guards::Judged => Some(&mut rare.guarded_judged),
        };
        of_kind.into_iter().chain(of_guards).for_each(|map| {
            self.change_map(map, state, is_added);
        });
        if edges.rare == NONE {
            edges.rare = self.rare_edges.add(rare);
        } else if rare == RareEdges::default() {
            self.rare_edges.remove(edges.rare);
            edges.rare = NONE;
        } else {
            self.rare_edges[edges.rare] = rare;
        }
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
        self.change_edges(&mut edges, state, clause, true);
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
        self.change_edges(&mut edges, state, clause, false);
        self.states.remove(state);
        let left = match &mut self.branches[number] {
            Branches::One(only) => {
                *only = edges;
                usize::from(!edges.is_empty())
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
            + self.rare_edges.memory_bytes()
            + self.tables.memory_bytes()
            + tables
            + branches
            + shared
    }

    /// How many states keep edges of the kinds that few have.
    pub fn rare_count(&self) -> usize {
        self.rare_edges.len()
    }

    /// How many maps have a table.
    pub fn table_count(&self) -> usize {
        self.tables.len()
    }
}
