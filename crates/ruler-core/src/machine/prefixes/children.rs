//! Which child of a node a byte leads to, in as little memory as the number of children allows.
//!
//! The form depends on the number of children alone, so a trie after any edits has the form of a fresh one.

/// No node: no child of a node is the root.
const NONE: u32 = 0;

/// Children that stand in the node itself.
const FEW: usize = 4;
/// Children that are searched; a table of all bytes would take 1 KB.
const SOME: usize = 16;

#[derive(Debug)]
pub enum Children {
    Few { count: u8, bytes: [u8; FEW], nodes: [u32; FEW] },
    Some(Box<Listed>),
    Many(Box<Table>),
}

/// Sorted by byte as far as `count` goes.
#[derive(Debug)]
pub struct Listed {
    count: u8,
    bytes: [u8; SOME],
    nodes: [u32; SOME],
}

#[derive(Debug)]
pub struct Table {
    count: u16,
    nodes: [u32; 256],
}

impl Default for Children {
    fn default() -> Children {
        Children::Few { count: 0, bytes: [0; FEW], nodes: [NONE; FEW] }
    }
}

impl Children {
    #[inline]
    pub fn get(&self, byte: u8) -> Option<u32> {
        let node = match self {
            // All places are compared: unused ones hold NONE, whatever their byte. A loop without exits is a few
            // vector instructions.
            Children::Few { bytes, nodes, .. } => find(bytes, nodes, byte),
            Children::Some(listed) => find(&listed.bytes, &listed.nodes, byte),
            Children::Many(table) => table.nodes[usize::from(byte)],
        };
        (node != NONE).then_some(node)
    }

    pub fn len(&self) -> usize {
        match self {
            Children::Few { count, .. } => usize::from(*count),
            Children::Some(listed) => usize::from(listed.count),
            Children::Many(table) => usize::from(table.count),
        }
    }

    /// The children in order of byte.
    pub fn iter(&self) -> impl Iterator<Item = (u8, u32)> + '_ {
        let bytes = |byte: u8| self.get(byte).map(|node| (byte, node));
        (0..=u8::MAX).filter_map(bytes)
    }

    /// The only child, where there is just one.
    pub fn only(&self) -> Option<u32> {
        match self {
            Children::Few { count: 1, nodes, .. } => Some(nodes[0]),
            _ => None,
        }
    }

    /// Lead `byte` to `node`, whether or not it led somewhere.
    pub fn set(&mut self, byte: u8, node: u32) {
        let place = match self {
            Children::Few { count, bytes, nodes } => place_of(bytes, nodes, *count, byte),
            Children::Some(listed) => place_of(&listed.bytes, &mut listed.nodes, listed.count, byte),
            Children::Many(table) => {
                table.count += u16::from(table.nodes[usize::from(byte)] == NONE);
                Some(&mut table.nodes[usize::from(byte)])
            }
        };
        match place {
            Some(place) => *place = node,
            None => *self = Children::of(self.iter().filter(|&(other, _)| other != byte).chain([(byte, node)])),
        }
    }

    /// Lead `byte` nowhere.
    pub fn remove(&mut self, byte: u8) {
        match self {
            Children::Many(table) if usize::from(table.count) > SOME + 1 => {
                table.count -= u16::from(std::mem::replace(&mut table.nodes[usize::from(byte)], NONE) != NONE);
            }
            _ => *self = Children::of(self.iter().filter(|&(other, _)| other != byte)),
        }
    }

    pub fn memory_bytes(&self) -> usize {
        match self {
            Children::Few { .. } => 0,
            Children::Some(_) => size_of::<Listed>(),
            Children::Many(_) => size_of::<Table>(),
        }
    }

    /// The same bytes, each leading to `renumber` of where it leads.
    pub fn renumber(&mut self, renumber: impl Fn(u32) -> u32) {
        let nodes: &mut [u32] = match self {
            Children::Few { nodes, .. } => nodes,
            Children::Some(listed) => &mut listed.nodes,
            Children::Many(table) => &mut table.nodes,
        };
        nodes.iter_mut().filter(|node| **node != NONE).for_each(|node| *node = renumber(*node));
    }

    fn of(children: impl Iterator<Item = (u8, u32)>) -> Children {
        let mut table = Table { count: 0, nodes: [NONE; 256] };
        for (byte, node) in children {
            table.nodes[usize::from(byte)] = node;
            table.count += 1;
        }
        let count = usize::from(table.count);
        let used = (0..=u8::MAX).zip(table.nodes).filter(|&(_, node)| node != NONE);
        if count <= FEW {
            let (bytes, nodes) = list(used);
            Children::Few { count: count as u8, bytes, nodes }
        } else if count <= SOME {
            let (bytes, nodes) = list(used);
            Children::Some(Box::new(Listed { count: count as u8, bytes, nodes }))
        } else {
            Children::Many(Box::new(table))
        }
    }
}

#[inline]
fn find<const PLACES: usize>(bytes: &[u8; PLACES], nodes: &[u32; PLACES], byte: u8) -> u32 {
    let mut found = NONE;
    for place in 0..PLACES {
        found |= if bytes[place] == byte { nodes[place] } else { NONE };
    }
    found
}

fn place_of<'a>(bytes: &[u8], nodes: &'a mut [u32], count: u8, byte: u8) -> Option<&'a mut u32> {
    let place = bytes[..usize::from(count)].iter().position(|&other| other == byte)?;
    nodes.get_mut(place)
}

fn list<const PLACES: usize>(children: impl Iterator<Item = (u8, u32)>) -> ([u8; PLACES], [u32; PLACES]) {
    let (mut bytes, mut nodes) = ([0; PLACES], [NONE; PLACES]);
    for (place, (byte, node)) in children.take(PLACES).enumerate() {
        (bytes[place], nodes[place]) = (byte, node);
    }
    (bytes, nodes)
}
