//! The checksum of a channel file: CRC-32C of everything but the checksum itself.

use super::layout::{CHECKSUM_OFFSET, HEADER_SIZE};

/// The checksum that the file should carry. Nothing for a file that ends inside the header.
pub(super) fn checksum(file: &[u8]) -> Option<u32> {
    let before = file.get(..CHECKSUM_OFFSET)?;
    let after = file.get(usize::from(HEADER_SIZE)..)?;
    Some(crc32c::crc32c_append(crc32c::crc32c(before), after))
}

/// Writes the checksum that the other bytes ask for, so that a file changed on purpose is refused
/// for what was changed and not for its checksum. A file that ends inside the header stays as it
/// is.
pub fn reseal(file: &mut [u8]) {
    let Some(checksum) = checksum(file) else { return };
    let field = file.get_mut(CHECKSUM_OFFSET..).and_then(<[u8]>::first_chunk_mut);
    if let Some(field) = field {
        *field = checksum.to_le_bytes();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_covers_all_but_itself() {
        let mut file = *b"123456789012345678901234567890123456....123456789";
        let expected = crc32c::crc32c(b"123456789012345678901234567890123456123456789");
        assert_eq!(checksum(&file), Some(expected));
        reseal(&mut file);
        assert_eq!(file.get(36..40), Some(expected.to_le_bytes().as_slice()));
        assert_eq!(checksum(&file), Some(expected));
    }

    #[test]
    fn the_checksum_is_crc32c() {
        // The check value that the catalogues of CRC algorithms give for CRC-32C (iSCSI).
        assert_eq!(crc32c::crc32c(b"123456789"), 0xe306_9283);
    }

    #[test]
    fn a_file_without_a_whole_header_is_left_alone() {
        let mut file = [7; 39];
        reseal(&mut file);
        assert_eq!((file, checksum(&file)), ([7; 39], None));
    }
}
