use super::spellings::SPELLINGS;
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn found_in(index: &AddressBlockIndex, text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    index.find(text.as_bytes(), &mut found);
    found
}

fn block(version: u8, network: u128, bits: u8) -> Cidr {
    let network = if version == 4 { masked_4(network as u32, bits).into() } else { masked_6(network, bits) };
    Cidr { version, network, bits }
}

#[test]
fn addresses_are_read_as_python_reads_them() {
    for &(text, expected) in SPELLINGS {
        let address = parse_address(text.as_bytes()).map(|address| match address {
            Address::V4(number) => (4, u128::from(number)),
            Address::V6(number) => (6, number),
        });
        assert_eq!(expected, address, "{text:?}");
    }
    assert_eq!(None, parse_address(b"\xff1.2.3.4"));
    assert_eq!(None, parse_address(b"1.2.3.\xff"));
}

#[test]
fn blocks_of_all_lengths_nest() {
    let mut index = AddressBlockIndex::default();
    for bits in 0..=32 {
        index.add(&block(4, 0x0A01_0203, bits), u32::from(bits));
    }
    for bits in 0..=128 {
        index.add(&block(6, 0x2001_0DB8 << 96, bits), 100 + u32::from(bits));
    }
    assert_eq!((0..=32).collect::<Vec<u32>>(), found_in(&index, "10.1.2.3"));
    assert_eq!((0..=32).collect::<Vec<u32>>(), found_in(&index, "::ffff:10.1.2.3"));
    assert_eq!((0..=31).collect::<Vec<u32>>(), found_in(&index, "10.1.2.2"));
    assert_eq!(vec![0], found_in(&index, "255.0.0.0"));
    assert_eq!((100..=228).collect::<Vec<u32>>(), found_in(&index, "2001:db8::"));
    assert_eq!((100..=227).collect::<Vec<u32>>(), found_in(&index, "2001:db8::1"));
    assert!(found_in(&index, "10.1.2").is_empty());
}

#[test]
fn memory_is_given_back() {
    let mut index = AddressBlockIndex::default();
    let blocks: Vec<Cidr> = (0..4000).map(|number| block(4 + number as u8 % 2 * 2, number << 20, 32)).collect();
    let distinct: BTreeMap<Cidr, u32> = blocks.into_iter().zip(0..).collect();
    distinct.iter().for_each(|(block, &id)| index.add(block, id));
    assert_eq!(distinct.len(), index.len());
    distinct.keys().for_each(|block| index.remove(block));
    distinct.keys().for_each(|block| index.remove(block)); // what is not stored is not removed again
    assert_eq!((0, 0), (index.len(), index.memory_bytes()));
}

proptest! {
    #[test]
    fn finds_what_asking_each_block_finds(
        edits in prop::collection::vec((any::<bool>(), any::<bool>(), 0u128..16, 0u8..=32), 1..80),
        addresses in prop::collection::vec((any::<bool>(), 0u128..16), 1..8),
    ) {
        let mut index = AddressBlockIndex::default();
        let mut stored: BTreeMap<Cidr, u32> = BTreeMap::new();
        for (id, (is_added, is_4, number, bits)) in (0..).zip(edits) {
            let block = if is_4 { block(4, number << 28 | number, bits) } else { block(6, number << 124 | number, bits * 4) };
            if is_added && !stored.contains_key(&block) {
                stored.insert(block, id);
                index.add(&block, id);
            } else {
                stored.remove(&block);
                index.remove(&block);
            }
            prop_assert_eq!(stored.len(), index.len());
        }
        for (is_4, number) in addresses {
            let (version, address) = if is_4 { (4, number << 28 | number) } else { (6, number << 124 | number) };
            let containing = stored.iter().filter(|(one, _)| **one == block(version, address, one.bits));
            let mut expected: Vec<u32> = containing.map(|(_, &id)| id).collect();
            expected.sort_unstable();
            let text = if is_4 {
                std::net::Ipv4Addr::from_bits(address as u32).to_string()
            } else {
                std::net::Ipv6Addr::from_bits(address).to_string()
            };
            let mut found = found_in(&index, &text);
            found.sort_unstable();
            prop_assert_eq!(expected, found);
        }
    }
}
