//! Gives memory back where a table or list has become mostly empty.
//!
//! Always: whoever calls this after each removal holds at most about four times what it needs, and pays for each
//! removal a constant on average, because a shrunken table is half full.

use hashbrown::HashTable;

/// So few places are not worth a reallocation.
const FEW_PLACES: usize = 16;

/// Shrinks `list` when less than a quarter of it is in use.
pub fn shrink_list<T>(list: &mut Vec<T>) {
    if list.is_empty() {
        *list = Vec::new();
    } else if list.capacity() > FEW_PLACES && list.len() < list.capacity() / 4 {
        list.shrink_to(list.len() * 2);
    }
}

/// Shrinks `table` when less than a quarter of it is in use.
pub fn shrink_table<T>(table: &mut HashTable<T>, hash_of: impl Fn(&T) -> u64) {
    if table.is_empty() {
        *table = HashTable::new();
    } else if table.capacity() > FEW_PLACES && table.len() < table.capacity() / 4 {
        table.shrink_to(table.len() * 2, hash_of);
    }
}
