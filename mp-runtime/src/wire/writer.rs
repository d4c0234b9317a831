//! The codec's serializer, but for slices of bytes, which are written as a whole. What is written is the same: a length, and
//! then each byte. serde hands a `Vec<u8>` over byte by byte, at 2 ns each; this serializer, and the deserializer in `reader`, know serde's
//! own way to write and to read one, by its types, and handle it as a whole.

use std::fmt;

use postcard::ser_flavors::Flavor;
use postcard::{Error, Result, Serializer as Codec};
use serde::ser::{self, Serialize, Serializer};

use crate::sys::sameness;

/// Writes a value, to the codec.
pub(crate) struct Writer<'c, F: Flavor>(pub(crate) &'c mut Codec<F>);

/// Writes what a value consists of.
pub(crate) struct Parts<'c, F: Flavor>(&'c mut Codec<F>);

/// Methods for values of one part, which the codec writes.
macro_rules! plain {
    ($($method:ident: $type:ty,)*) => {
        $(#[inline]
        fn $method(self, value: $type) -> Result<()> {
            self.0.$method(value)
        })*
    };
}

/// Methods for values of many parts, of which the codec writes the beginning.
macro_rules! begins {
    ($($method:ident($($name:ident: $type:ty),*),)*) => {
        $(#[inline]
        fn $method(self, $($name: $type),*) -> Result<Parts<'c, F>> {
            self.0.$method($($name),*)?;
            Ok(Parts(self.0))
        })*
    };
}

impl<'c, F: Flavor> Serializer for Writer<'c, F> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Parts<'c, F>;
    type SerializeTuple = Parts<'c, F>;
    type SerializeTupleStruct = Parts<'c, F>;
    type SerializeTupleVariant = Parts<'c, F>;
    type SerializeMap = Parts<'c, F>;
    type SerializeStruct = Parts<'c, F>;
    type SerializeStructVariant = Parts<'c, F>;

    plain! {
        serialize_bool: bool, serialize_char: char, serialize_str: &str, serialize_bytes: &[u8],
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64, serialize_i128: i128,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_u128: u128,
        serialize_f32: f32, serialize_f64: f64, serialize_unit_struct: &'static str,
    }

    begins! {
        serialize_seq(length: Option<usize>),
        serialize_tuple(length: usize),
        serialize_tuple_struct(name: &'static str, length: usize),
        serialize_tuple_variant(name: &'static str, index: u32, variant: &'static str, length: usize),
        serialize_map(length: Option<usize>),
        serialize_struct(name: &'static str, length: usize),
        serialize_struct_variant(name: &'static str, index: u32, variant: &'static str, length: usize),
    }

    #[inline]
    fn collect_seq<I: IntoIterator<Item: Serialize>>(self, parts: I) -> Result<()> {
        if let Some(bytes) = sameness::bytes(&parts) {
            return self.0.serialize_bytes(bytes);
        }
        let mut parts = parts.into_iter();
        let length = match parts.size_hint() {
            (low, Some(high)) if low == high => Some(low),
            _ => None,
        };
        let codec = self.0;
        codec.serialize_seq(length)?;
        parts.try_for_each(|part| part.serialize(Writer(codec)))
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, value: &T) -> Result<()> {
        self.0.collect_str(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<()> {
        self.0.serialize_none()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        self.0.serialize_some(&())?;
        value.serialize(self)
    }

    #[inline]
    fn serialize_unit(self) -> Result<()> {
        self.0.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<()> {
        self.0.serialize_unit_variant(name, index, variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()> {
        self.0.serialize_newtype_variant(name, index, variant, &())?;
        value.serialize(self)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The traits by which parts are written: that of each part, and nothing at the end.
macro_rules! parts {
    ($($trait:ident: $($method:ident($($name:ident: $type:ty),*)),+;)*) => {
        $(impl<F: Flavor> ser::$trait for Parts<'_, F> {
            type Ok = ();
            type Error = Error;

            $(#[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, $($name: $type,)* value: &T) -> Result<()> {
                value.serialize(Writer(self.0))
            })+

            #[inline]
            fn end(self) -> Result<()> {
                Ok(())
            }
        })*
    };
}

parts! {
    SerializeSeq: serialize_element();
    SerializeTuple: serialize_element();
    SerializeTupleStruct: serialize_field();
    SerializeTupleVariant: serialize_field();
    SerializeMap: serialize_key(), serialize_value();
    SerializeStruct: serialize_field(_name: &'static str);
    SerializeStructVariant: serialize_field(_name: &'static str);
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use crate::wire::codec;

    /// Counts what is written at a time.
    struct Pieces(Vec<usize>);

    impl Write for Pieces {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.len());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn bytes_are_written_as_a_whole() {
        let mut pieces = Pieces(Vec::new());
        codec::encode(&(Some(vec![7_u8; 1000]), [7_u8; 500].as_slice()), &mut pieces).expect("it can be written");
        assert!([1000, 500].iter().all(|length| pieces.0.contains(length)), "{:?}", pieces.0);
    }
}
