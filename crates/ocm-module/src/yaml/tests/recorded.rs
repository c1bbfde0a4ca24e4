//! Row by row what `sigs.k8s.io/yaml` reads and writes, as `fixtures/yaml/record` recorded it.

use super::*;

/// Integers that modulectl rounds to floats of 64 bits. Kubernetes keeps those of 64 bits with a sign, so that what was applied
/// would be another number than what is installed.
fn has_integer_that_modulectl_rounds(value: &Value) -> bool {
    match value {
        Value::Number(number) if number.is_f64() => false,
        Value::Number(number) => number.as_f64().unwrap().to_string() != number.to_string(),
        Value::Array(items) => items.iter().any(has_integer_that_modulectl_rounds),
        Value::Object(map) => map.values().any(has_integer_that_modulectl_rounds),
        _ => false,
    }
}

/// What differs from a recorded row, if anything does. A row has what `YAMLToJSON` yields (`json`) or why it fails (`refused`),
/// what modulectl writes for such a custom resource (`template`), and why it is refused here where it is not there (`differs`).
fn difference(row: &Value) -> Option<String> {
    let read = document(row["yaml"].as_str().unwrap());
    let value = match (read, row.get("json"), row.get("differs")) {
        (Ok(value), None, _) => return Some(format!("is read as {value}, but {}", row["refused"])),
        (Ok(value), _, Some(_)) => return Some(format!("is read as {value}")),
        (Err(_), _, Some(_)) | (Err(_), None, None) => return None,
        (Err(error), Some(json), None) => return Some(format!("is refused, {error}, but {json}")),
        (Ok(value), Some(json), None) if *json != value => {
            return Some(format!("is {value}, but {json}"));
        }
        (Ok(value), Some(_), None) => value,
    };
    // Go writes the key `<<` as any text, and would read it as a merge key.
    let template = row.get("template")?.as_str().unwrap();
    let template = format!("\n{template}").replace("\n<<:", "\n\"<<\":");
    let template = template.replace("  <<:", "  \"<<\":");
    let template = template.trim_start_matches('\n');
    let written = to_string(&value);
    let differs = written != template && !has_integer_that_modulectl_rounds(&value);
    differs.then(|| format!("is written {written:?}, but {template:?}"))
}

/// The number of rows, and those that differ.
fn differences(rows: &str) -> (usize, Vec<String>) {
    let rows = rows.lines().map(|row| json(row).unwrap());
    let differences: Vec<_> = rows
        .map(|row| {
            difference(&row).map(|found| format!("{}: {} {found}", row["from"], row["yaml"]))
        })
        .collect();
    (
        differences.len(),
        differences.into_iter().flatten().collect(),
    )
}

#[test]
fn texts_are_read_and_written_as_by_sigs_yaml() {
    let (rows, differences) = differences(&crate::fixtures::text("yaml/recorded.jsonl"));
    assert!(rows >= 500);
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// `fixtures/yaml/record/compare` runs it, with random rows instead of the recorded ones.
#[test]
#[ignore = "needs Go, for the rows in the file that YAML_ROWS names"]
fn random_texts_are_read_and_written_as_by_sigs_yaml() {
    let file = std::env::var_os("YAML_ROWS").unwrap();
    let (rows, differences) = differences(&std::fs::read_to_string(file).unwrap());
    assert!(
        differences.is_empty(),
        "{} of {rows}:\n{}",
        differences.len(),
        differences.join("\n")
    );
}
