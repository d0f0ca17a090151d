//! A bucket of a server that speaks S3, in the place of a folder.
//!
//! All that is in it, below its prefix, belongs to one store: what no row names is deleted. So an object says whose it is.

mod http;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::path::Path as ObjectPath;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, RetryConfig};

use crate::config::Bucket;
use crate::secret::read_closed;
use http::Connections;

/// The object that names the store.
const OWNER: &str = "chatd-store";
/// Bytes that are read of the secret of a key.
const SECRET_BYTES_MAX: u64 = 4_096;
/// Until when a request that failed is tried again.
const RETRY: RetryConfig = RetryConfig {
    backoff: object_store::BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(2),
        base: 2.0,
    },
    max_retries: 4,
    retry_timeout: Duration::from_secs(20),
};

/// Finds a bucket, without asking its server.
///
/// # Errors
/// Why nothing could come of it.
pub(crate) fn find_bucket(settings: &Bucket) -> io::Result<Arc<dyn ObjectStore>> {
    let Bucket { bucket, prefix, endpoint, region, access_key_id, secret_access_key_file } = settings;
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(RETRY);
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    if let Some(region) = region {
        builder = builder.with_region(region);
    }
    if let Some((key, file)) = access_key_id.as_ref().zip(secret_access_key_file.as_ref()) {
        let secret = read_closed(file, SECRET_BYTES_MAX)
            .map_err(|error| io::Error::new(error.kind(), format!("cannot use `{}`: {error}", file.display())))?;
        builder = builder.with_access_key_id(key).with_secret_access_key(String::from_utf8_lossy(&secret).trim());
    }
    let all = builder.with_http_connector(Connections::new()?).build()?;
    Ok(Arc::new(PrefixStore::new(all, ObjectPath::parse(prefix).map_err(io::Error::other)?)))
}

/// Takes a bucket for a store. For one that is being restored it is only seen to that it is nobody's.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when it is another store's; else what the server said.
pub(super) async fn claim(bucket: &dyn ObjectStore, store: Option<&str>) -> io::Result<()> {
    let mut owner = owner_of(bucket).await?;
    if owner.is_none()
        && let Some(store) = store
    {
        match bucket.put_opts(&ObjectPath::from(OWNER), store.to_owned().into(), PutMode::Create.into()).await {
            Ok(_) | Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {}
            // Not every server can say that it is there already.
            Err(object_store::Error::NotImplemented { .. }) => {
                bucket.put(&ObjectPath::from(OWNER), store.to_owned().into()).await?;
            }
            Err(error) => return Err(said(error)),
        }
        owner = owner_of(bucket).await?;
    }
    if owner.as_deref() == store { Ok(()) } else { Err(belongs_to(&owner.unwrap_or_default())) }
}

/// Gives whose objects are in a bucket; none while nobody has written there.
async fn owner_of(bucket: &dyn ObjectStore) -> io::Result<Option<String>> {
    match bucket.get(&ObjectPath::from(OWNER)).await {
        Ok(found) => Ok(Some(String::from_utf8_lossy(&found.bytes().await?).into_owned())),
        Err(object_store::Error::NotFound { .. }) => Ok(None),
        Err(error) => Err(said(error)),
    }
}

/// Gives what the server said, once, and tells who may not come in from who cannot.
fn said(error: object_store::Error) -> io::Error {
    use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};
    let kind = match error {
        PermissionDenied { .. } | Unauthenticated { .. } => io::ErrorKind::PermissionDenied,
        NotFound { .. } => io::ErrorKind::NotFound,
        _ => io::ErrorKind::Other,
    };
    let mut first: &dyn Error = &error;
    while let Some(source) = first.source() {
        first = source;
    }
    io::Error::new(kind, first.to_string())
}

fn belongs_to(owner: &str) -> io::Error {
    let reason = format!(
        "the bucket has the files of another store ({}): set a `files.s3.prefix` of its own, or delete the object \
         `{OWNER}` if no daemon uses those files any more",
        owner.escape_debug()
    );
    io::Error::new(io::ErrorKind::AlreadyExists, reason)
}
