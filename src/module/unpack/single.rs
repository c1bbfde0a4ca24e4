//! A layer that is a tar around one file, as modulectl and the OCM CLI pack manifests.

use super::{Limits, UnpackError, files, refused};

/// The first file of the archive: the one that lifecycle-manager takes, whatever it is called.
pub fn single_file(archive: &[u8]) -> Result<Vec<u8>, UnpackError> {
    let mut first = None;
    // Its name is not used, so that it does not matter.
    let limits = Limits {
        absolute_names: true,
        ..Limits::default()
    };
    files(archive, &limits, &mut |file| {
        if first.is_none() {
            let mut bytes = Vec::new();
            file.content.read_to_end(&mut bytes)?;
            first = Some(bytes);
        }
        Ok(())
    })?;
    first.ok_or_else(|| refused("holds no file").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_first_file_and_refuses_none() {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in [
            ("._x.yaml", "fork"),
            ("x.yaml", "a: 1\n"),
            ("y.yaml", "b: 2\n"),
        ] {
            let mut header = tar::Header::new_ustar();
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, name, bytes.as_bytes())
                .unwrap();
        }
        assert_eq!(single_file(&tar.into_inner().unwrap()).unwrap(), b"a: 1\n");
        assert!(single_file(&tar::Builder::new(Vec::new()).into_inner().unwrap()).is_err());
        assert!(single_file(b"a: 1\n").is_err());
    }
}
