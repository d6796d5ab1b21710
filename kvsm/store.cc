#include "kvsm/store.h"

#include "core/check.h"

namespace lockstep::kvsm {

Error Store::Resolve(Revision revision, Revision& at) const {
  if (revision > seen_revision()) return Error::kFutureRev;
  if (revision <= 0) {
    at = kNewest;
    return Error::kNone;
  }
  if (revision < compact_revision_) return Error::kCompacted;
  at = revision == seen_revision() ? kNewest : revision;
  return Error::kNone;
}

void Store::Put(std::string_view key, std::string_view value, LeaseId lease) {
  const Revision revision = revision_ + 1;
  VersionView made{key, value, revision, revision, 1, lease, changes_};
  VersionView before;
  LeaseId old_lease = 0;
  if (engine_->Find(key, kNewest, before)) {
    made.create_revision = before.create_revision;
    made.version = before.version + 1;
    old_lease = before.lease;
  }
  engine_->Append(made);
  ++changes_;
  if (old_lease == lease) return;
  if (old_lease != 0) leases_.Detach(old_lease, key);
  if (lease != 0) leases_.Attach(lease, key);
}

int64_t Store::DeleteRange(const KeyRange& range) {
  std::vector<std::pair<std::string, LeaseId>> keys;
  engine_->Scan(range, kNewest, [&keys](const VersionView& version) {
    keys.emplace_back(version.key, version.lease);
    return true;
  });
  for (const auto& [key, lease] : keys) {
    engine_->Append({key, {}, 0, revision_ + 1, 0, 0, changes_});
    ++changes_;
    if (lease != 0) leases_.Detach(lease, key);
  }
  return static_cast<int64_t>(keys.size());
}

bool Store::End() {
  if (changes_ == 0) return false;
  changes_ = 0;
  ++revision_;
  return true;
}

Error Store::Compact(Revision revision) {
  LOCKSTEP_CHECK(changes_ == 0);
  if (revision <= compact_revision_) return Error::kCompacted;
  if (revision > revision_) return Error::kFutureRev;
  compact_revision_ = revision;
  engine_->Compact(revision);
  return Error::kNone;
}

void Store::Restore(Revision revision, Revision compact_revision) {
  revision_ = revision;
  compact_revision_ = compact_revision;
  if (compact_revision > 0) engine_->Compact(compact_revision);
}

void Store::RestoreVersion(const VersionView& version, bool is_base) {
  if (is_base) {
    engine_->LoadBase(version);
  } else {
    engine_->Append(version);
  }
}

}  // namespace lockstep::kvsm
