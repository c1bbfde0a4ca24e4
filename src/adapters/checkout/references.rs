//! The tags and branches that a checkout knows, without asking git.

use std::collections::BTreeSet;

use super::{Checkout, LINE_LIMIT, PACKED_LIMIT, is_reference, symbolic};

/// The most references of one kind.
const MOST: usize = 10_000;
/// Where git keeps what it knows of the branches of `origin`.
const REMOTE_BRANCHES: &str = "refs/remotes/origin/";

impl Checkout {
    /// The default branch of `origin`, as it was when the repository was cloned.
    pub fn default_branch(&self) -> Option<String> {
        let head = self
            .common
            .read(&format!("{REMOTE_BRANCHES}HEAD"), LINE_LIMIT)?;
        let branch = symbolic(&head)?.strip_prefix(REMOTE_BRANCHES)?;
        Some(branch.to_owned())
    }

    /// The branches of `origin`, as far as they were fetched.
    pub fn remote_branches(&self) -> BTreeSet<String> {
        let mut branches = self.names(REMOTE_BRANCHES);
        branches.remove("HEAD");
        branches
    }

    /// The tags, as far as they were fetched.
    pub fn tags(&self) -> BTreeSet<String> {
        self.names("refs/tags/")
    }

    /// What follows `prefix` in the names of references. Of those that are files of their own, only what lies right in the folder.
    fn names(&self, prefix: &str) -> BTreeSet<String> {
        let packed = self.common.read("packed-refs", PACKED_LIMIT);
        let packed = packed.as_deref().unwrap_or_default().lines();
        let packed = packed.filter_map(|line| line.trim_end().split_once(' '));
        let packed = packed.filter_map(|(_, name)| name.strip_prefix(prefix));
        let loose = self.common.file_names(prefix, MOST);
        let all = packed.map(str::to_owned).chain(loose);
        let valid = all.filter(|name| is_reference(&format!("{prefix}{name}")));
        valid.take(MOST).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn tags_and_branches_are_read_from_packed_references_and_files() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(".git");
        fs::create_dir_all(git.join("refs/tags")).unwrap();
        fs::create_dir_all(git.join("refs/remotes/origin")).unwrap();
        let write = |path: &str, text: &str| fs::write(git.join(path), text).unwrap();
        let commit = "1".repeat(40);
        write("HEAD", "ref: refs/heads/main\n");
        write("config", "[core]\n");
        let packed = format!(
            "# pack-refs with: peeled fully-peeled sorted \n{commit} refs/remotes/origin/release-1.2\n{commit} refs/tags/1.2.0\n^{commit}\n{commit} refs/tags/api/v1.0.0\n{commit} refs/tags/a b\n"
        );
        write("packed-refs", &packed);
        write("refs/tags/1.2.1", &commit);
        write(
            "refs/remotes/origin/HEAD",
            "ref: refs/remotes/origin/trunk\n",
        );
        write("refs/remotes/origin/trunk", &commit);
        let checkout = Checkout::around(folder.path()).unwrap();
        let list = |names: BTreeSet<String>| names.into_iter().collect::<Vec<_>>();
        assert_eq!(checkout.default_branch().as_deref(), Some("trunk"));
        assert_eq!(list(checkout.remote_branches()), ["release-1.2", "trunk"]);
        assert_eq!(list(checkout.tags()), ["1.2.0", "1.2.1", "api/v1.0.0"]);
    }
}
