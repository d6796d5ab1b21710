#include "kvsm/memory/versions.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace lockstep::kvsm {

Version* Version::Make(const VersionView& view) {
  void* const block = ::operator new(sizeof(Version) + view.key.size() + view.value.size());
  auto* const version = new (block) Version{view.create_revision,
                                            view.mod_revision,
                                            view.version,
                                            view.lease,
                                            view.sub,
                                            static_cast<uint32_t>(view.key.size()),
                                            static_cast<uint32_t>(view.value.size())};
  char* const bytes = reinterpret_cast<char*>(version + 1);
  std::copy(view.key.begin(), view.key.end(), bytes);
  std::copy(view.value.begin(), view.value.end(), bytes + view.key.size());
  return version;
}

void Version::Free(Version* version) { ::operator delete(version); }

const Version* Versions::At(Revision at) const {
  const Version* const latest = newest();
  if (latest->mod_revision <= at) return latest;
  if (!is_list()) return nullptr;
  const auto begin = list()->items.begin() + static_cast<ptrdiff_t>(list()->first);
  const auto after = std::upper_bound(begin, list()->items.end(), at,
                                      [](Revision r, const Version* version) { return r < version->mod_revision; });
  return after == begin ? nullptr : *(after - 1);
}

void Versions::Add(Version* newest) {
  if (word_ == 0) {
    word_ = reinterpret_cast<uintptr_t>(newest);
  } else if (is_list()) {
    list()->items.push_back(newest);
  } else {
    word_ = reinterpret_cast<uintptr_t>(new List{{only(), newest}, 0}) | kListBit;
  }
}

void Versions::DropOldest() {
  if (!is_list()) {
    Version::Free(only());
    word_ = 0;
    return;
  }
  List& of = *list();
  Version::Free(of.items[of.first++]);
  if (of.items.size() - of.first == 1) {
    Version* const last = of.items.back();
    delete &of;
    word_ = reinterpret_cast<uintptr_t>(last);
  } else if (of.first > of.items.size() / 2) {
    of.items.erase(of.items.begin(), of.items.begin() + static_cast<ptrdiff_t>(of.first));
    of.items.shrink_to_fit();
    of.first = 0;
  }
}

void Versions::FreeAll() {
  while (word_ != 0) DropOldest();
}

}  // namespace lockstep::kvsm
