//! What is wrong with inputs, collected so that it is shown together.

use super::{Code, Diagnostic, Place};

/// Everything that was found to be wrong with inputs so far.
#[derive(Debug, Default)]
pub struct InputFindings(Vec<Diagnostic>);

impl InputFindings {
    /// The value, or `None` with the reason kept.
    pub fn take<T, C>(
        &mut self,
        input: &str,
        value: Result<T, ocm_module::Diagnostic<C>>,
    ) -> Option<T>
    where
        Code: From<C>,
    {
        value
            .map_err(|diagnostic| {
                let mut diagnostic: Diagnostic = diagnostic.with_code();
                // The message names the input already where the kind of value has the same name, or says where in a file it is.
                let is_placed = diagnostic.place.is_some();
                if !is_placed && !diagnostic.seen.starts_with(&format!("{input} ")) {
                    diagnostic.place = Some(Place::Input(input.to_owned()));
                }
                self.push(diagnostic);
            })
            .ok()
    }

    /// Records what is wrong with several inputs together.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Records that an input is missing; `help` says how to give it.
    pub fn missing(&mut self, input: &str, help: &str) {
        self.push(Diagnostic::error(
            Code::InputMissing,
            format!("{input} is missing"),
            help,
        ));
    }

    /// All of them, or the value where there is none.
    ///
    /// # Errors
    ///
    /// Something was found, or there is no value.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Vec<Diagnostic>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}
