//! Which instructions this processor has.

/// Sets of instructions, each better than those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Instructions {
    Plain,
    /// And what came with it: counting and finding bits in one instruction.
    Avx2,
    /// With VBMI, VBMI2 and GFNI, so not the first processors that had AVX-512.
    #[default]
    Avx512,
}

/// The best that this processor has, found out once: asking for each feature in turn costs 5 ns an event.
#[cfg(target_arch = "x86_64")]
#[inline]
pub fn best(at_most: Instructions) -> Instructions {
    use std::sync::OnceLock;
    static FOUND: OnceLock<Instructions> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let has_avx2 = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("lzcnt")
            && is_x86_feature_detected!("popcnt");
        let has_avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi")
            && is_x86_feature_detected!("avx512vbmi2")
            && is_x86_feature_detected!("gfni");
        match has_avx2 {
            false => Instructions::Plain,
            true if has_avx512 => Instructions::Avx512,
            true => Instructions::Avx2,
        }
    });
    at_most.min(*found)
}
