// Versions: all that memory keeps of one key, in eight bytes as long as there is only one version.
//
// A version is one block: its numbers, then the bytes of key and value. A key that has changed since the compaction has
// a list of them, oldest first, searched by halves, so that a busy key's past costs no more than others'.
#ifndef LOCKSTEP_KVSM_MEMORY_VERSIONS_H_
#define LOCKSTEP_KVSM_MEMORY_VERSIONS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kvsm/engine.h"

namespace lockstep::kvsm {

struct Version {
  Revision create_revision;
  Revision mod_revision;
  int64_t version;
  int64_t lease;
  uint32_t sub;
  uint32_t key_bytes;
  uint32_t value_bytes;
  // The bytes of key and value follow.

  std::string_view key() const { return {reinterpret_cast<const char*>(this + 1), key_bytes}; }
  std::string_view value() const { return {reinterpret_cast<const char*>(this + 1) + key_bytes, value_bytes}; }
  VersionView view() const { return {key(), value(), create_revision, mod_revision, version, lease, sub}; }

  static Version* Make(const VersionView& view);
  static void Free(Version* version);
};

class Versions {
 public:
  Versions() = default;
  explicit Versions(Version* only) : word_(reinterpret_cast<uintptr_t>(only)) {}

  std::string_view key() const { return newest()->key(); }
  Version* newest() const { return is_list() ? list()->items.back() : only(); }
  Version* oldest() const { return is_list() ? list()->items[list()->first] : only(); }
  size_t size() const { return is_list() ? list()->items.size() - list()->first : (word_ == 0 ? 0 : 1); }
  // The newest of those up to `at`; null if there is none.
  const Version* At(Revision at) const;
  bool is_there() const { return newest()->version != 0; }

  void Add(Version* newest);
  // Frees the oldest. Requires: there is one.
  void DropOldest();
  void FreeAll();

 private:
  struct List {
    std::vector<Version*> items;
    size_t first = 0;  // Those before are gone.
  };
  static constexpr uintptr_t kListBit = 1;

  bool is_list() const { return (word_ & kListBit) != 0; }
  List* list() const { return reinterpret_cast<List*>(word_ & ~kListBit); }
  Version* only() const { return reinterpret_cast<Version*>(word_); }

  uintptr_t word_ = 0;  // A version, or a list with kListBit set.
};

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_MEMORY_VERSIONS_H_
