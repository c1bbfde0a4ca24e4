//! Pagination by `Link`.
//! <https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api>

use crate::github::call::ApiCall;
use crate::github::error::ApiError;
use crate::github::model::GitRepository;
use crate::transport::Reply;
use http::header::LINK;

/// One page of a list, with the links to the other pages.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) total: usize,
    link: Option<String>,
}

impl<T> Page<T> {
    pub(crate) fn new(
        call: &ApiCall,
        repository: &GitRepository,
        all: Vec<T>,
    ) -> Result<Page<T>, ApiError> {
        Page::sized(call, repository, all, 30)
    }

    /// With a page size of its own where the caller names none.
    pub(crate) fn sized(
        call: &ApiCall,
        repository: &GitRepository,
        all: Vec<T>,
        usual: usize,
    ) -> Result<Page<T>, ApiError> {
        let number = |name: &str| {
            call.request
                .param(name)
                .and_then(|text| text.parse::<usize>().ok())
        };
        let options = &call.state.options;
        let size = number("per_page")
            .filter(|&size| size > 0)
            .map_or(usual, |size| size.min(options.page_size_max));
        let page = number("page").filter(|&page| page > 0).unwrap_or(1);
        if page.saturating_mul(size) > options.results_max.max(size) {
            let message = format!(
                "Only the first {} results are available.",
                options.results_max
            );
            return Err(ApiError::new(422, message));
        }
        let total = all.len();
        let last = total.div_ceil(size).max(1);
        let mut relations = Vec::new();
        if page > 1 {
            relations.push(("prev", page - 1));
        }
        if page < last {
            relations.extend([("next", page + 1), ("last", last)]);
        }
        if page > 1 {
            relations.push(("first", 1));
        }
        let link = relations
            .iter()
            .map(|(rel, page)| format!("<{}>; rel=\"{rel}\"", address(call, repository, *page)));
        let link = link.collect::<Vec<_>>().join(", ");
        Ok(Page {
            items: all.into_iter().skip((page - 1) * size).take(size).collect(),
            total,
            link: Some(link).filter(|link| !link.is_empty()),
        })
    }

    pub(crate) fn linked(&self, reply: Reply) -> Reply {
        match &self.link {
            Some(link) => reply.with(LINK, link),
            None => reply,
        }
    }
}

/// The same request for another page.
fn address(call: &ApiCall, repository: &GitRepository, page: usize) -> String {
    let query = call
        .request
        .query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("page="));
    let page = format!("page={page}");
    let query: Vec<&str> = query.chain([page.as_str()]).collect();
    let query = query.join("&");
    let path = call.request.path.trim_start_matches('/').split('/');
    // Past `repos/{owner}/{repo}` or `repositories/{id}`.
    let skip = if call.request.path.starts_with("/repos/") {
        3
    } else {
        2
    };
    let path = path.skip(skip).collect::<Vec<_>>().join("/");
    format!(
        "{}/repositories/{}/{path}?{query}",
        call.state.urls.api, repository.id
    )
}
