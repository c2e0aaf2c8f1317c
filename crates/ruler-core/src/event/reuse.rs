//! Lists that serve event after event and keep their memory, but not that of one huge event for ever.

/// Items whose memory is kept whatever events need.
pub const KEPT: usize = 1 << 14;

/// Empty `list` for the next event. What only an event before the last needed is given back.
#[inline]
pub fn empty<T>(list: &mut Vec<T>) {
    let needed = list.len();
    list.clear();
    if list.capacity() > KEPT && needed <= KEPT {
        list.shrink_to(KEPT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_a_huge_event_is_kept_for_one_more_and_given_back_after_a_small_one() {
        let mut list = vec![0_u8; KEPT * 4];
        empty(&mut list);
        assert!(list.is_empty() && list.capacity() >= KEPT * 4);
        list.push(1);
        empty(&mut list);
        assert!(list.is_empty() && list.capacity() < KEPT * 2 && list.capacity() >= KEPT);
    }
}
