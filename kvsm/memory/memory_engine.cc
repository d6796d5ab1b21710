#include "kvsm/memory/memory_engine.h"

#include <algorithm>

#include "core/check.h"

namespace lockstep::kvsm {

void MemoryEngine::Append(const VersionView& version) {
  const Revision revision = version.mod_revision;
  const int64_t bytes = BytesOf(version);
  bytes_ += bytes;
  if (garbage_.empty()) garbage_first_ = revision;
  VersionView before;
  // A version goes with the compaction that its successor survives, a deletion one revision later than that.
  if (version.version != 1 && Find(version.key, kNewest, before)) {
    AddGarbage(before.mod_revision == revision ? revision + 1 : revision, BytesOf(before));
  }
  if (version.is_deletion()) AddGarbage(revision + 1, bytes);
  Version* const made = Version::Make(version);
  keys_.Add(made);
  changes_.push_back(made);
}

void MemoryEngine::LoadBase(const VersionView& version) {
  bytes_ += BytesOf(version);
  keys_.Add(Version::Make(version));
}

void MemoryEngine::AddGarbage(Revision revision, int64_t bytes) {
  LOCKSTEP_CHECK(revision >= garbage_first_);
  const auto at = static_cast<size_t>(revision - garbage_first_);
  if (at >= garbage_.size()) garbage_.resize(at + 1);
  garbage_[at] += bytes;
}

bool MemoryEngine::Find(std::string_view key, Revision at, VersionView& found) const {
  const Versions* const versions = keys_.Find(key);
  const Version* const version = versions == nullptr ? nullptr : versions->At(at);
  if (version == nullptr || version->version == 0) return false;
  found = version->view();
  return true;
}

void MemoryEngine::Scan(const KeyRange& range, Revision at, Visitor visitor) const {
  if (range.kind == KeyRange::Kind::kOne) {
    VersionView found;
    if (Find(range.begin, at, found)) visitor(found);
    return;
  }
  keys_.Scan(range.begin, [&](const Versions& versions) {
    if (range.kind == KeyRange::Kind::kBetween && versions.key() >= range.end) return false;
    const Version* const version = versions.At(at);
    return version == nullptr || version->version == 0 || visitor(version->view());
  });
}

int64_t MemoryEngine::Count(const KeyRange& range, Revision at) const {
  if (at == kNewest && range.kind != KeyRange::Kind::kOne) {
    const int64_t before_end = range.kind == KeyRange::Kind::kFrom ? keys_.count() : keys_.CountBefore(range.end);
    return std::max<int64_t>(0, before_end - keys_.CountBefore(range.begin));
  }
  int64_t count = 0;
  Scan(range, at, [&count](const VersionView&) {
    ++count;
    return true;
  });
  return count;
}

void MemoryEngine::ScanChanges(ChangePosition first, Revision last, Visitor visitor) const {
  auto at =
      std::lower_bound(changes_.begin(), changes_.end(), first, [](const Version* version, ChangePosition position) {
        return version->mod_revision < position.revision ||
               (version->mod_revision == position.revision && version->sub < position.sub);
      });
  for (; at != changes_.end() && (*at)->mod_revision <= last; ++at) {
    if (!visitor((*at)->view())) return;
  }
}

// ---- Forgetting.

void MemoryEngine::Compact(Revision revision) {
  LOCKSTEP_CHECK(revision >= compacted_);
  compacted_ = revision;
  while (!garbage_.empty() && garbage_first_ <= revision) {
    bytes_ -= garbage_.front();
    garbage_.pop_front();
    ++garbage_first_;
  }
}

void MemoryEngine::Unpin(Revision revision) {
  const auto at = pins_.find(revision);
  LOCKSTEP_CHECK(at != pins_.end());
  if (--at->second == 0) pins_.erase(at);
}

Revision MemoryEngine::Horizon() const {
  return pins_.empty() ? compacted_ : std::min(compacted_, pins_.begin()->first);
}

bool MemoryEngine::Collect(size_t versions_max) {
  const Revision horizon = Horizon();
  if (horizon > collected_at_) {
    collected_at_ = horizon;
    collected_ = 0;
  }
  for (; versions_max > 0; --versions_max) {
    if (collected_ == changes_.size() || changes_[collected_]->mod_revision > horizon) return false;
    Version* const change = changes_[collected_];
    if (change->mod_revision == horizon) {
      ++collected_;  // Who watches from the compacted revision on sees it still.
      CollectBefore(*change);
    } else {
      changes_.pop_front();
      CollectBefore(*change);
    }
  }
  return true;
}

// Frees what `change` has made invisible from collected_at_ on: the version before it and, once it is not even seen as
// a change, a deletion itself. Of its key nothing older is left: that went with the changes before.
void MemoryEngine::CollectBefore(const Version& change) {
  const bool goes_too = change.version == 0 && change.mod_revision < collected_at_;
  if (change.version == 1 && !goes_too) {
    // It has come into being: what was before was a deletion, and went by itself unless it is as new as this.
    return;
  }
  const Version* const self = &change;
  keys_.Change(change.key(), [&](Versions& versions) {
    while (versions.oldest() != self && versions.oldest()->mod_revision < collected_at_) versions.DropOldest();
    if (goes_too && versions.oldest() == self) versions.DropOldest();
  });
}

}  // namespace lockstep::kvsm
