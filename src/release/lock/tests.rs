//! The decision about a lock, and what is believed.

use super::*;

fn owner(run: Option<u64>, attempt: u64, process: &str) -> LockOwner {
    LockOwner {
        repository: Some("kyma-project/btp-manager".parse().unwrap()),
        run,
        attempt,
        process: process.into(),
    }
}

fn held(owner: LockOwner, taken_over: bool, age: u64) -> SeenLock {
    SeenLock {
        lock: Some(Lock {
            owner,
            since: 0,
            taken_over,
        }),
        age: Duration::from_secs(age),
        commit: None,
    }
}

#[test]
fn answer_to_a_request_for_the_lock_is_believed_for_a_while() {
    let tag: Tag = "v1.2.0".parse().unwrap();
    let action = |claim| {
        Action::TakeLock(LockRequest {
            lock: NewLock {
                tag: tag.clone(),
                commit: crate::release::examples::other(),
                owner: owner(Some(17), 2, "me"),
                claim,
            },
            from: None,
            attempt: 0,
            purpose: String::new(),
        })
    };
    let at = |seconds| Moment::at(Duration::from_secs(seconds));
    let after = |claim, answer: Result<(), Cause>| {
        let mut lock = TagLock::new(tag.clone(), owner(Some(17), 2, "me"));
        let answer = answer.map_err(|cause| ServiceError::new("take the lock", cause));
        lock.answered(&action(claim), &answer, at(100));
        (
            [100, 104, 105].map(|now| lock.is_believed(at(now))),
            lock.attempt,
        )
    };
    let unknown = Cause::Unknown {
        detail: String::new(),
    };
    let conflict = Cause::Conflict {
        status: 422,
        message: String::new(),
        request_id: None,
    };
    let create = LockClaim::CreateIfAbsent;
    assert_eq!(after(create, Ok(())), ([true, true, false], 0));
    assert_eq!(after(create, Err(unknown)), ([false; 3], 0));
    assert_eq!(after(create, Err(conflict)), ([false; 3], 1));
    assert_eq!(
        after(LockClaim::TakeOver, Ok(())),
        ([false; 3], 0),
        "the former owner's last write is awaited"
    );
}

#[test]
fn lock_decision_by_owner_and_age() {
    let me = owner(Some(17), 2, "me");
    let word = |seen: Option<SeenLock>, ended| match decide(&me, seen.as_ref(), ended) {
        LockDecision::Mine => "mine".to_owned(),
        LockDecision::Take(from) => format!("take from {}", from.is_some()),
        LockDecision::AwaitVisibility(left) => format!("wait {}", left.as_secs()),
        LockDecision::Held(_) => "held".into(),
        LockDecision::Unreadable => "unreadable".into(),
    };
    let other = || owner(Some(16), 1, "a");
    let local = || owner(None, 1, "b");
    let unreadable = SeenLock {
        lock: None,
        ..held(local(), false, 9_999)
    };
    for (seen, ended, expected) in [
        (None, None, "take from false"),
        (Some(held(me.clone(), false, 0)), None, "mine"),
        (Some(held(me.clone(), true, 5)), None, "wait 10"),
        (Some(held(me.clone(), true, 15)), None, "mine"),
        (Some(held(other(), false, 0)), Some(true), "take from true"),
        (Some(held(other(), false, 9_999)), Some(false), "held"),
        (Some(held(other(), false, 599)), None, "held"),
        (Some(held(other(), false, 600)), None, "take from true"),
        (Some(held(local(), false, 599)), None, "held"),
        (Some(held(local(), false, 600)), None, "take from true"),
        (
            Some(held(owner(Some(17), 1, "c"), false, 0)),
            None,
            "take from true",
        ),
        (Some(held(owner(Some(17), 2, "c"), false, 0)), None, "held"),
        (
            Some(held(owner(Some(17), 2, "c"), false, 600)),
            None,
            "take from true",
        ),
        (Some(unreadable), None, "unreadable"),
    ] {
        let told = format!("{seen:?} {ended:?}");
        assert_eq!(word(seen, ended), expected, "{told}");
    }
}
