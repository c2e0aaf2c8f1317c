//! Sets of ids that mostly hold one: four bytes each, and a hash table only where there are more.
//!
//! `IdSet` is the handle, `IdSets` owns the tables. A handle is the id itself, or the number of a table.
//! Always: a table holds two ids or more.

use super::slab::{Slab, ID_LIMIT, NONE};
use hashbrown::HashTable;

/// A set that lives in some `IdSets`; to be emptied before it is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdSet(u32);

impl Default for IdSet {
    fn default() -> IdSet {
        IdSet(NONE)
    }
}

impl IdSet {
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == NONE
    }

    /// The only id, when there is just one.
    #[inline]
    pub fn single(self) -> Option<u32> {
        (self.0 < ID_LIMIT).then_some(self.0)
    }

    #[inline]
    fn table(self) -> Option<u32> {
        (self.0 >= ID_LIMIT && self.0 != NONE).then_some(self.0 & !ID_LIMIT)
    }
}

#[derive(Default)]
pub struct IdSets {
    tables: Slab<HashTable<u32>>,
}

/// Ids are spread evenly already; this fills the bits that hash tables look at.
#[inline]
pub fn hash_id(id: u32) -> u64 {
    let product = u64::from(id).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    product ^ product >> 32
}

/// Give memory back when a table is mostly empty.
pub fn shrink(table: &mut HashTable<u32>, hash: impl Fn(&u32) -> u64) {
    if table.capacity() > 16 && table.len() < table.capacity() / 4 {
        table.shrink_to(table.len() * 2, hash);
    }
}

impl IdSets {
    #[inline]
    pub fn len(&self, set: IdSet) -> usize {
        match set.table() {
            Some(table) => self.tables[table].len(),
            None => usize::from(!set.is_empty()),
        }
    }

    #[inline]
    pub fn contains(&self, set: IdSet, id: u32) -> bool {
        match set.table() {
            Some(table) => self.tables[table].find(hash_id(id), |&other| other == id).is_some(),
            None => set.0 == id,
        }
    }

    /// The ids, in no order.
    #[inline]
    pub fn iter(&self, set: IdSet) -> impl Iterator<Item = u32> + '_ {
        let table = set.table().map(|table| self.tables[table].iter().copied());
        set.single().into_iter().chain(table.into_iter().flatten())
    }

    /// Add `id`; false when it was there.
    pub fn add(&mut self, set: &mut IdSet, id: u32) -> bool {
        if let Some(table) = set.table() {
            let table = &mut self.tables[table];
            let is_new = table.find(hash_id(id), |&other| other == id).is_none();
            if is_new {
                table.insert_unique(hash_id(id), id, |&id| hash_id(id));
            }
            return is_new;
        }
        match set.single() {
            None => set.0 = id,
            Some(other) if other == id => return false,
            Some(other) => {
                let mut table = HashTable::with_capacity(2);
                table.insert_unique(hash_id(other), other, |&id| hash_id(id));
                table.insert_unique(hash_id(id), id, |&id| hash_id(id));
                set.0 = self.tables.add(table) | ID_LIMIT;
            }
        }
        true
    }

    /// Remove `id`; false when it was not there.
    pub fn remove(&mut self, set: &mut IdSet, id: u32) -> bool {
        let Some(number) = set.table() else {
            let was_there = set.0 == id;
            if was_there {
                set.0 = NONE;
            }
            return was_there;
        };
        let table = &mut self.tables[number];
        let Ok(entry) = table.find_entry(hash_id(id), |&other| other == id) else { return false };
        entry.remove();
        if table.len() == 1 {
            set.0 = table.iter().next().copied().unwrap_or(NONE);
            self.tables.remove(number);
        } else {
            shrink(table, |&id| hash_id(id));
        }
        true
    }

    pub fn memory_bytes(&self) -> usize {
        let tables: usize = self.tables.slots().iter().map(HashTable::allocation_size).sum();
        self.tables.memory_bytes() + tables
    }

    /// How many sets have a table.
    pub fn table_count(&self) -> usize {
        self.tables.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_added_and_not_removed() {
        let mut sets = IdSets::default();
        let mut set = IdSet::default();
        for id in 0..100 {
            assert!(sets.add(&mut set, id) && !sets.add(&mut set, id));
        }
        for id in 0..100 {
            assert!(sets.contains(set, id));
            assert_eq!(sets.len(set), 100 - id as usize);
            assert!(sets.remove(&mut set, id) && !sets.remove(&mut set, id));
        }
        assert!(set.is_empty());
        assert_eq!(sets.table_count(), 0);
    }
}
