#include "kvsm/range_request.h"

#include <algorithm>
#include <vector>

namespace lockstep::kvsm {
namespace {

using etcdserverpb::RangeRequest;
using etcdserverpb::RangeResponse;

bool IsFiltered(const RangeRequest& request) {
  return request.min_mod_revision() != 0 || request.max_mod_revision() != 0 || request.min_create_revision() != 0 ||
         request.max_create_revision() != 0;
}

// A bound of 0 is none.
bool Fits(const RangeRequest& request, const VersionView& version) {
  const auto within = [](int64_t revision, int64_t min, int64_t max) {
    return (min == 0 || revision >= min) && (max == 0 || revision <= max);
  };
  return within(version.mod_revision, request.min_mod_revision(), request.max_mod_revision()) &&
         within(version.create_revision, request.min_create_revision(), request.max_create_revision());
}

// Key order is what a scan yields: nothing is to be sorted then.
bool IsSorted(const RangeRequest& request) {
  return request.sort_target() != RangeRequest::KEY || request.sort_order() == RangeRequest::DESCEND;
}

void Sort(const RangeRequest& request, std::vector<VersionView>& versions) {
  const auto before = [&request](const VersionView& a, const VersionView& b) {
    switch (request.sort_target()) {
      case RangeRequest::VERSION:
        return a.version < b.version;
      case RangeRequest::CREATE:
        return a.create_revision < b.create_revision;
      case RangeRequest::MOD:
        return a.mod_revision < b.mod_revision;
      case RangeRequest::VALUE:
        return a.value < b.value;
      default:
        return a.key < b.key;
    }
  };
  // Whatever is equal stays in the order of the keys.
  if (request.sort_order() == RangeRequest::DESCEND) {
    std::stable_sort(versions.begin(), versions.end(),
                     [&before](const VersionView& a, const VersionView& b) { return before(b, a); });
  } else {
    std::stable_sort(versions.begin(), versions.end(), before);
  }
}

}  // namespace

void ToKeyValue(const VersionView& version, mvccpb::KeyValue& pair) {
  pair.set_key(version.key.data(), version.key.size());
  pair.set_create_revision(version.create_revision);
  pair.set_mod_revision(version.mod_revision);
  pair.set_version(version.version);
  pair.set_value(version.value.data(), version.value.size());
  pair.set_lease(version.lease);
}

Error Range(const Store& store, const RangeRequest& request, RangeResponse& response) {
  Revision at = kNewest;
  const Error error = store.Resolve(request.revision(), at);
  if (error != Error::kNone) return error;
  const KeyRange range = KeyRange::Of(request.key(), request.range_end());
  const Engine& engine = store.engine();
  if (request.count_only()) {
    response.set_count(engine.Count(range, at));
    return Error::kNone;
  }
  const bool whole = IsFiltered(request) || IsSorted(request);
  const auto limit = request.limit() > 0 ? static_cast<size_t>(request.limit()) : SIZE_MAX;
  std::vector<VersionView> versions;
  int64_t seen = 0;
  engine.Scan(range, at, [&](const VersionView& version) {
    ++seen;
    if (versions.size() == limit && !whole) return false;  // One more than the limit: there is more.
    if (Fits(request, version)) versions.push_back(version);
    return true;
  });
  // The count is of all keys in the range, whatever the bounds and the limit leave of them.
  const bool cut = !whole && seen > static_cast<int64_t>(versions.size());
  response.set_count(cut ? engine.Count(range, at) : seen);
  if (IsSorted(request)) Sort(request, versions);
  response.set_more(cut || versions.size() > limit);
  if (versions.size() > limit) versions.resize(limit);
  response.mutable_kvs()->Reserve(static_cast<int>(versions.size()));
  for (VersionView& version : versions) {
    if (request.keys_only()) version.value = {};
    ToKeyValue(version, *response.add_kvs());
  }
  return Error::kNone;
}

}  // namespace lockstep::kvsm
