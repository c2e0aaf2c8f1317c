//! Numbers as the semantics compare them: exactly, integers with doubles. The twin of `ruler/patterns/numbers.py`.
//!
//! An integer from -2^63 to 2^64-1 is itself; every other number is the nearest double. Both become one key that
//! sorts and compares as the numbers do: the bits of the nearest double, made to sort, and how far the integer lies
//! from that double (0 for a double). Rounding keeps order, so where two keys differ in the double they differ rightly,
//! and where they agree the distance decides.

/// A number from an event or a rule. `Ord`, `Eq` and `Hash` are those of the numbers: `1 == 1.0`, `-0.0 == 0`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number {
    double: u64,   // of the nearest double, in an order that sorts as the doubles do
    distance: i16, // at most 1024: doubles below 2^64 lie at most 2048 apart
}

const SIGN: u64 = 1 << 63;

impl Number {
    /// The number of a finite double.
    pub fn from_f64(double: f64) -> Number {
        Number { double: ordered_bits(double), distance: 0 }
    }

    pub fn from_i64(integer: i64) -> Number {
        let double = integer as f64;
        Number { double: ordered_bits(double), distance: (i128::from(integer) - double as i128) as i16 }
    }

    pub fn from_u64(integer: u64) -> Number {
        let double = integer as f64;
        Number { double: ordered_bits(double), distance: (i128::from(integer) - double as i128) as i16 }
    }

    /// The nearest double.
    pub fn to_f64(self) -> f64 {
        f64::from_bits(if self.double & SIGN != 0 { self.double ^ SIGN } else { !self.double })
    }

    /// The exact integer, when it was not a double: `to_f64` plus the distance.
    pub fn exact_integer(self) -> Option<i128> {
        let double = self.to_f64();
        (double.fract() == 0.0 && double.abs() < 4e19).then(|| double as i128 + i128::from(self.distance))
    }

    /// 64 bits that sort as the nearest doubles do.
    pub fn ordered_bits(self) -> u64 {
        self.double
    }

    /// The number of a JSON number, which `text` must be; None when it is too large for a double.
    pub fn parse(text: &[u8]) -> Option<Number> {
        let (negative, digits) = match text.split_first() {
            Some((b'-', rest)) => (true, rest),
            _ => (false, text),
        };
        if digits.len() <= 20 && digits.iter().all(u8::is_ascii_digit) {
            if let Some(integer) = parse_digits(digits) {
                if !negative {
                    return Some(Number::from_u64(integer));
                }
                if integer <= SIGN {
                    return Some(Number::from_i64((integer as i64).wrapping_neg()));
                }
            }
        }
        let double: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
        double.is_finite().then(|| Number::from_f64(double))
    }
}

fn parse_digits(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0u64, |so_far, digit| so_far.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}

fn ordered_bits(double: f64) -> u64 {
    let bits = (double + 0.0).to_bits(); // adding 0.0 makes -0.0 into 0.0
    if bits & SIGN != 0 {
        !bits
    } else {
        bits | SIGN
    }
}

impl std::fmt::Debug for Number {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.exact_integer() {
            Some(integer) => write!(formatter, "{integer}"),
            None => write!(formatter, "{}", self.to_f64()),
        }
    }
}
