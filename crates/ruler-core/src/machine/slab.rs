//! Things by number: adding gives the number, removing frees it for the next.
//!
//! Numbers are u32 below 2^31, so that whoever holds one has a bit to spare; a reference would take twice the room and
//! tie the machine's parts to each other's lifetimes.
//! Always: after much was removed the memory is given back, as far as what is left at the end allows.

use std::ops::{Index, IndexMut};

/// "No id", wherever ids are kept.
pub const NONE: u32 = u32::MAX;

/// Ids are below this number.
pub const ID_LIMIT: u32 = 1 << 31;

/// So few places are not worth giving memory back for.
const WORTH_TIDYING: usize = 64;

pub struct Slab<T> {
    items: Vec<T>,
    free: Vec<u32>,
    tidy_below: usize, // items
}

impl<T> Default for Slab<T> {
    fn default() -> Slab<T> {
        Slab { items: Vec::new(), free: Vec::new(), tidy_below: 0 }
    }
}

impl<T: Default> Slab<T> {
    pub fn add(&mut self, item: T) -> u32 {
        if let Some(id) = self.free.pop() {
            self.items[id as usize] = item;
            return id;
        }
        let id = self.items.len();
        assert!(id < ID_LIMIT as usize - 1, "more than 2^31 parts in one machine");
        if id == self.items.capacity() {
            // A quarter more instead of twice as much: large blocks move without being copied, and a slab that has
            // just grown would otherwise stand half empty.
            self.items.reserve_exact((id / 4).max(4));
        }
        self.items.push(item);
        self.tidy_below = self.tidy_below.max(self.items.len() / 4);
        id as u32
    }

    /// Take out the item of `id`, which must be there.
    pub fn remove(&mut self, id: u32) -> T {
        let item = std::mem::take(&mut self.items[id as usize]);
        self.free.push(id);
        if self.free.len() == self.items.len() {
            *self = Slab::default();
        } else if self.len() < self.tidy_below && self.items.len() > WORTH_TIDYING {
            self.tidy();
        }
        item
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.items.len() - self.free.len()
    }

    pub fn memory_bytes(&self) -> usize {
        self.items.capacity() * size_of::<T>() + self.free.capacity() * 4
    }

    /// All items, with a default one in each place that is free.
    pub fn slots(&self) -> &[T] {
        &self.items
    }

    /// Cut off the free places at the end, and have the lowest ids used first from now on.
    pub fn tidy(&mut self) {
        self.free.sort_unstable_by(|one, other| other.cmp(one));
        let end = self.items.len() as u32;
        let at_end = self.free.iter().zip(1..).take_while(|&(&id, back)| id + back == end).count();
        self.free.drain(..at_end);
        self.items.truncate(end as usize - at_end);
        self.items.shrink_to_fit();
        self.free.shrink_to_fit();
        // Not again before half of what is left is gone: an item that stays at the end would make each removal cost this.
        self.tidy_below = (self.items.len() / 4).min(self.len() / 2);
    }
}

impl<T> Index<u32> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, id: u32) -> &T {
        &self.items[id as usize]
    }
}

impl<T> IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, id: u32) -> &mut T {
        &mut self.items[id as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_given_back_and_low_ids_come_first_again() {
        let mut slab = Slab::default();
        let ids: Vec<u32> = (0..10_000u64).map(|item| slab.add(item)).collect();
        let full = slab.memory_bytes();
        for &id in ids[100..].iter().rev() {
            assert_eq!(slab.remove(id), u64::from(id));
        }
        assert_eq!(slab.len(), 100);
        assert!(slab.memory_bytes() < full / 2);
        assert_eq!(slab.add(7), 100);
    }

    #[test]
    fn an_empty_slab_holds_nothing() {
        let mut slab = Slab::default();
        let ids: Vec<u32> = (0..1000u64).map(|item| slab.add(item)).collect();
        ids.iter().for_each(|&id| assert_eq!(slab.remove(id), u64::from(id)));
        assert_eq!((slab.len(), slab.memory_bytes()), (0, 0));
    }
}
