//! What of a log entry no signature covers, and must therefore agree with what one covers.

use super::form::{BundleLogEntry, InclusionProof, decoded};
use super::roots::KnownLog;
use crate::protocol::{RefusedAttestation, SignatureFault};

/// Of the entry of Rekor v2, which names no time: a timestamp goes with it.
const REKOR_V2: (&str, &str) = ("hashedrekord", "0.0.2");
/// Of the entries of Rekor v1 that are made for statements.
const REKOR_V1: [(&str, &str); 2] = [("dsse", "0.0.1"), ("intoto", "0.0.2")];

/// Where the instance has logs: one entry, in one of them, with a proof that agrees with its checkpoint. Where it has none: no
/// entry, since nobody could check it.
///
/// The proof itself, the checkpoint's signature and the entry's content are verified by `sigstore-verify`.
pub(super) fn check_entries(
    entries: &[BundleLogEntry],
    logs: &[KnownLog],
) -> Result<(), RefusedAttestation> {
    match (entries, logs) {
        ([], []) => Ok(()),
        ([], _) => Err(invalid(
            "it has no entry of a log, which this instance demands",
        )),
        (_, []) => Err(invalid(
            "it has an entry of a log, and this instance has none",
        )),
        ([entry], logs) => check_entry(entry, logs),
        (more, _) => Err(invalid(format!(
            "it has {} log entries, not one",
            more.len()
        ))),
    }
}

fn check_entry(entry: &BundleLogEntry, logs: &[KnownLog]) -> Result<(), RefusedAttestation> {
    let key_id = decoded(&entry.log_id.key_id, "the name of the log")?;
    let Some(log) = logs.iter().find(|log| log.key_id == key_id) else {
        let seen = &entry.log_id.key_id;
        return Err(invalid(format!("its log {seen} is unknown")));
    };
    let Some(proof) = &entry.inclusion_proof else {
        return Err(invalid("its log entry has no proof that it is in the log"));
    };
    let kind = (
        entry.kind_version.kind.as_str(),
        entry.kind_version.version.as_str(),
    );
    if kind == REKOR_V2 {
        if entry.inclusion_promise.is_some() || entry.integrated_time != 0 {
            return Err(invalid(
                "its log entry has a time, which this log never signs",
            ));
        }
        if proof.log_index != entry.log_index {
            let (one, other) = (entry.log_index, proof.log_index);
            return Err(invalid(format!(
                "its log entry has the index {one}, and {other} in the proof"
            )));
        }
    } else if !REKOR_V1.contains(&kind) {
        let (kind, version) = kind;
        return Err(invalid(format!(
            "its log entry is of the kind {kind} {version}, which is not for statements"
        )));
    }
    check_checkpoint(proof, log)
}

/// The first lines of a checkpoint are origin, size and root
/// ([checkpoint](https://github.com/C2SP/C2SP/blob/main/tlog-checkpoint.md)).
fn check_checkpoint(proof: &InclusionProof, log: &KnownLog) -> Result<(), RefusedAttestation> {
    let mut lines = proof.checkpoint.envelope.lines();
    let (origin, size, root) = (lines.next(), lines.next(), lines.next());
    let (Some(origin), Some(size), Some(root)) = (origin, size, root) else {
        return Err(invalid("the checkpoint of its log is incomplete"));
    };
    let of_host = origin.strip_prefix(log.host.as_str());
    if !of_host.is_some_and(|rest| rest.is_empty() || rest.starts_with(" - ")) {
        let wanted = &log.host;
        return Err(invalid(format!(
            "its checkpoint is of the log {origin:?}, and its entry of {wanted:?}"
        )));
    }
    if size != proof.tree_size.to_string() {
        let seen = proof.tree_size;
        return Err(invalid(format!(
            "its proof is for a log of {seen} entries, and its checkpoint for {size}"
        )));
    }
    if root != proof.root_hash {
        let seen = &proof.root_hash;
        return Err(invalid(format!(
            "its proof leads to the root {seen}, and its checkpoint has {root}"
        )));
    }
    Ok(())
}

fn invalid(seen: impl std::fmt::Display) -> RefusedAttestation {
    RefusedAttestation::new(SignatureFault::LogEntryInvalid, seen)
}
