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

use proto::Timestamp;

use crate::config::Bucket;
use crate::secret::read_closed;
use http::Connections;

/// The object that names the store.
const OWNER: &str = "chatd-store";
/// The object that names who deletes, and since when.
const DELETER: &str = "chatd-deletes";
/// For how long one has that right after it was renewed last.
const LEASE_MILLIS: u64 = 120_000;
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
    // A key of the settings goes with nothing else that the environment has.
    let of_settings = access_key_id.is_some();
    let builder = if of_settings { AmazonS3Builder::new() } else { AmazonS3Builder::from_env() };
    let mut builder = builder.with_bucket_name(bucket).with_retry(RETRY);
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

/// What a store is to a bucket; each is named.
pub(super) enum Owner {
    /// It keeps its files there.
    Uses(String),
    /// Its files are looked at.
    Looks(String),
    /// It is being restored there.
    Restores(String),
}

/// Sees to it that what lies in a bucket is a store's, and takes one for it that is nobody's where it is to keep files there.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when it is another store's, [`io::ErrorKind::NotFound`] when files are looked for where
/// nobody's are; else what the server said.
pub(super) async fn claim(bucket: &dyn ObjectStore, owner: &Owner) -> io::Result<()> {
    match (owner, owner_of(bucket).await?) {
        (Owner::Uses(store) | Owner::Looks(store), Some(found)) if found == *store => Ok(()),
        (_, Some(found)) => Err(belongs_to(&found)),
        (Owner::Looks(_), None) => {
            let reason = "the bucket has no files of this store: look at `files.s3` in the settings";
            Err(io::Error::new(io::ErrorKind::NotFound, reason))
        }
        (Owner::Uses(store) | Owner::Restores(store), None) => {
            match bucket.put_opts(&ObjectPath::from(OWNER), store.clone().into(), PutMode::Create.into()).await {
                Ok(_) | Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {}
                // Not every server can say that it is there already.
                Err(object_store::Error::NotImplemented { .. }) => {
                    bucket.put(&ObjectPath::from(OWNER), store.clone().into()).await?;
                }
                Err(error) => return Err(said(error)),
            }
            match owner_of(bucket).await? {
                Some(found) if found == *store => Ok(()),
                found => Err(belongs_to(&found.unwrap_or_default())),
            }
        }
    }
}

/// Gives a bucket up that was claimed for a store that was not restored after all.
pub(super) async fn give_owner_back(bucket: &dyn ObjectStore) -> io::Result<()> {
    Ok(bucket.delete(&ObjectPath::from(OWNER)).await?)
}

/// Takes the right to delete objects for a time, for one process of those that were started on copies of a store; false when
/// another one has it.
pub(super) async fn lease(bucket: &dyn ObjectStore, run: &str, now: Timestamp) -> io::Result<bool> {
    let name = ObjectPath::from(DELETER);
    let held = read(bucket, &name).await?.and_then(|text| {
        let (by, since) = text.split_once(' ')?;
        Some((by.to_owned(), Timestamp::from_millis(since.parse().ok()?)))
    });
    if let Some((by, since)) = held
        && by != run
        && now.millis_since(since) < LEASE_MILLIS
    {
        return Ok(false);
    }
    let written = format!("{run} {}", now.as_millis());
    bucket.put(&name, written.clone().into()).await.map_err(said)?;
    Ok(read(bucket, &name).await? == Some(written))
}

/// Gives the right to delete objects back.
pub(super) async fn give_lease_back(bucket: &dyn ObjectStore) -> io::Result<()> {
    Ok(bucket.delete(&ObjectPath::from(DELETER)).await?)
}

/// Gives whose objects are in a bucket; none while nobody has written there.
async fn owner_of(bucket: &dyn ObjectStore) -> io::Result<Option<String>> {
    read(bucket, &ObjectPath::from(OWNER)).await
}

async fn read(bucket: &dyn ObjectStore, name: &ObjectPath) -> io::Result<Option<String>> {
    match bucket.get(name).await {
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
