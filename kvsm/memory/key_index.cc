#include "kvsm/memory/key_index.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace lockstep::kvsm {
namespace {

size_t CommonPrefix(std::string_view a, std::string_view b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

template <typename Array>
void OpenGap(Array& array, int at, int size) {
  std::move_backward(array.begin() + at, array.begin() + size, array.begin() + size + 1);
}

template <typename Array>
void CloseGap(Array& array, int at, int size) {
  std::move(array.begin() + at + 1, array.begin() + size, array.begin() + at);
}

}  // namespace

KeyIndex::KeyIndex() : root_(new Leaf{{true}}) {}

KeyIndex::~KeyIndex() { FreeNode(root_); }

void KeyIndex::FreeNode(Node* node) {
  if (node->is_leaf) {
    auto* const leaf = static_cast<Leaf*>(node);
    for (int i = 0; i < leaf->size; ++i) leaf->slots[i].FreeAll();
    delete leaf;
    return;
  }
  auto* const inner = static_cast<Inner*>(node);
  for (int i = 0; i < inner->size; ++i) FreeNode(inner->children[i]);
  delete inner;
}

// ---- Looking.

uint64_t KeyIndex::HeadOf(std::string_view key, size_t common) {
  uint64_t head = 0;
  if (key.size() >= common + 8) {
    // As the other loop, without its question for each byte.
    for (size_t i = 0; i < 8; ++i) head = head << 8 | static_cast<unsigned char>(key[common + i]);
    return head;
  }
  for (size_t i = 0; i < 8; ++i) {
    head = head << 8 | (common + i < key.size() ? static_cast<unsigned char>(key[common + i]) : 0);
  }
  return head;
}

void KeyIndex::SetHeads(Leaf& leaf) {
  leaf.common = leaf.size < 2 ? 0 : CommonPrefix(leaf.slots[0].key(), leaf.slots[leaf.size - 1].key());
  for (int i = 0; i < leaf.size; ++i) leaf.heads[i] = HeadOf(leaf.slots[i].key(), leaf.common);
}

int KeyIndex::SlotOf(const Leaf& leaf, std::string_view key, bool* found) {
  *found = false;
  if (leaf.size == 0) return 0;
  const uint64_t head = HeadOf(key, leaf.common);
  const auto* const begin = leaf.heads.data();
  const auto* const end = begin + leaf.size;
  const auto* const low = std::lower_bound(begin, end, head);
  // Most often the key is there, and no other key of the leaf is looked at: each costs a cache miss.
  if (low != end && *low == head && (low + 1 == end || low[1] != head) && leaf.slots[low - begin].key() == key) {
    *found = true;
    return static_cast<int>(low - begin);
  }
  if (leaf.common > 0) {
    const std::string_view prefix = leaf.slots[0].key().substr(0, leaf.common);
    const int order = key.substr(0, leaf.common).compare(prefix);
    if (order != 0) return order < 0 ? 0 : leaf.size;
  }
  const auto* const high = std::upper_bound(low, end, head);
  // Among keys with the same head the keys decide.
  const auto* const slot =
      std::lower_bound(leaf.slots.data() + (low - begin), leaf.slots.data() + (high - begin), key,
                       [](const Versions& versions, std::string_view k) { return versions.key() < k; });
  const int at = static_cast<int>(slot - leaf.slots.data());
  *found = at < high - begin && slot->key() == key;
  return at;
}

int KeyIndex::ChildOf(const Inner& inner, std::string_view key) {
  const auto* const begin = inner.first_keys.data() + 1;
  const auto* const after =
      std::upper_bound(begin, inner.first_keys.data() + inner.size, key,
                       [](std::string_view k, const std::string& first) { return k < std::string_view(first); });
  return static_cast<int>(after - begin);
}

KeyIndex::Path KeyIndex::Seek(std::string_view key) const {
  Path path;
  Node* node = root_;
  while (!node->is_leaf) {
    auto* const inner = static_cast<Inner*>(node);
    path.inner[path.depth] = inner;
    path.child[path.depth] = ChildOf(*inner, key);
    node = inner->children[path.child[path.depth]];
    ++path.depth;
  }
  path.leaf = static_cast<Leaf*>(node);
  path.slot = SlotOf(*path.leaf, key, &path.found);
  return path;
}

const Versions* KeyIndex::Find(std::string_view key) const {
  const Path path = Seek(key);
  return path.found ? &path.leaf->slots[path.slot] : nullptr;
}

void KeyIndex::Scan(std::string_view begin, absl::FunctionRef<bool(const Versions&)> visitor) const {
  const Path path = Seek(begin);
  int slot = path.slot;
  for (const Leaf* leaf = path.leaf; leaf != nullptr; leaf = leaf->next) {
    for (; slot < leaf->size; ++slot) {
      if (!visitor(leaf->slots[slot])) return;
    }
    slot = 0;
  }
}

int64_t KeyIndex::CountBefore(std::string_view key) const {
  const Path path = Seek(key);
  int64_t count = 0;
  for (int level = 0; level < path.depth; ++level) {
    for (int i = 0; i < path.child[level]; ++i) count += path.inner[level]->counts[i];
  }
  for (int i = 0; i < path.slot; ++i) count += path.leaf->slots[i].is_there() ? 1 : 0;
  return count;
}

// ---- Changing.

int64_t KeyIndex::CountOf(const Node& node) {
  int64_t count = 0;
  if (node.is_leaf) {
    const auto& leaf = static_cast<const Leaf&>(node);
    for (int i = 0; i < leaf.size; ++i) count += leaf.slots[i].is_there() ? 1 : 0;
  } else {
    const auto& inner = static_cast<const Inner&>(node);
    for (int i = 0; i < inner.size; ++i) count += inner.counts[i];
  }
  return count;
}

void KeyIndex::AddCount(const Path& path, int64_t delta) {
  count_ += delta;
  for (int level = 0; level < path.depth; ++level) path.inner[level]->counts[path.child[level]] += delta;
}

void KeyIndex::InsertSlot(Leaf& leaf, int at, Versions versions) {
  OpenGap(leaf.slots, at, leaf.size);
  OpenGap(leaf.heads, at, leaf.size);
  leaf.slots[at] = versions;
  ++leaf.size;
  const bool fits = leaf.size > 1 && versions.key().size() >= leaf.common &&
                    CommonPrefix(versions.key(), leaf.slots[at == 0 ? 1 : 0].key()) >= leaf.common;
  if (fits) {
    leaf.heads[at] = HeadOf(versions.key(), leaf.common);
  } else {
    SetHeads(leaf);
  }
}

void KeyIndex::Add(Version* version) {
  Path path = Seek(version->key());
  const bool is_there = version->version != 0;
  if (path.found) {
    Versions& versions = path.leaf->slots[path.slot];
    const bool was_there = versions.is_there();
    versions.Add(version);
    if (is_there != was_there) AddCount(path, is_there ? 1 : -1);
    return;
  }
  if (path.leaf->size == kLeafSlots) {
    SplitLeaf(path);
    path = Seek(version->key());
  }
  InsertSlot(*path.leaf, path.slot, Versions(version));
  if (is_there) AddCount(path, 1);
}

// Keys that come in order leave full leaves behind: then the new leaf takes only the last key along.
void KeyIndex::SplitLeaf(Path& path) {
  Leaf& left = *path.leaf;
  const int keep = left.next == nullptr && path.slot == left.size ? left.size - 1 : left.size / 2;
  auto* const right = new Leaf{{true}};
  std::copy(left.slots.begin() + keep, left.slots.begin() + left.size, right->slots.begin());
  right->size = static_cast<uint16_t>(left.size - keep);
  left.size = static_cast<uint16_t>(keep);
  right->next = left.next;
  right->previous = &left;
  if (right->next != nullptr) right->next->previous = right;
  left.next = right;
  SetHeads(left);
  SetHeads(*right);
  // The shortest key that tells the two apart.
  const std::string_view last = left.slots[left.size - 1].key();
  const std::string_view first = right->slots[0].key();
  InsertChild(path, path.depth - 1, std::string(first.substr(0, CommonPrefix(last, first) + 1)), &left, right);
}

// `left`, so far a child of the node at `level` of the path, has become `left` and `right`.
void KeyIndex::InsertChild(Path& path, int level, std::string first_key, Node* left, Node* right) {
  if (level < 0) {
    auto* const root = new Inner{{false}};
    root->size = 2;
    root->children[0] = left;
    root->children[1] = right;
    root->counts[0] = CountOf(*left);
    root->counts[1] = CountOf(*right);
    root->first_keys[1] = std::move(first_key);
    root_ = root;
    return;
  }
  Inner* inner = path.inner[level];
  int at = path.child[level];
  if (inner->size == kChildren) {
    auto* const sibling = new Inner{{false}};
    const int keep = at == kChildren - 1 ? kChildren - 1 : kChildren / 2;
    std::copy(inner->children.begin() + keep, inner->children.end(), sibling->children.begin());
    std::copy(inner->counts.begin() + keep, inner->counts.end(), sibling->counts.begin());
    std::move(inner->first_keys.begin() + keep, inner->first_keys.end(), sibling->first_keys.begin());
    sibling->size = static_cast<uint16_t>(kChildren - keep);
    inner->size = static_cast<uint16_t>(keep);
    InsertChild(path, level - 1, std::move(sibling->first_keys[0]), inner, sibling);
    if (at >= keep) {
      inner = sibling;
      at -= keep;
    }
  }
  OpenGap(inner->children, at + 1, inner->size);
  OpenGap(inner->counts, at + 1, inner->size);
  OpenGap(inner->first_keys, at + 1, inner->size);
  ++inner->size;
  inner->children[at + 1] = right;
  inner->first_keys[at + 1] = std::move(first_key);
  inner->counts[at] = CountOf(*left);
  inner->counts[at + 1] = CountOf(*right);
}

void KeyIndex::Change(std::string_view key, absl::FunctionRef<void(Versions&)> change) {
  Path path = Seek(key);
  LOCKSTEP_CHECK(path.found);
  Leaf& leaf = *path.leaf;
  Versions& versions = leaf.slots[path.slot];
  const bool was_there = versions.is_there();
  change(versions);
  const bool is_there = versions.size() > 0 && versions.is_there();
  if (is_there != was_there) AddCount(path, is_there ? 1 : -1);
  if (versions.size() > 0) return;
  CloseGap(leaf.slots, path.slot, leaf.size);
  CloseGap(leaf.heads, path.slot, leaf.size);
  --leaf.size;
  if (leaf.size == 0) RemoveLeaf(path);
}

// Nodes are removed once they are empty, not merged before: keys come back where keys have been.
void KeyIndex::RemoveLeaf(Path& path) {
  if (path.depth == 0) {
    path.leaf->common = 0;
    return;
  }
  Leaf* const leaf = path.leaf;
  if (leaf->previous != nullptr) leaf->previous->next = leaf->next;
  if (leaf->next != nullptr) leaf->next->previous = leaf->previous;
  delete leaf;
  int level = path.depth - 1;
  while (path.inner[level]->size == 1 && level > 0) delete path.inner[level--];
  Inner* const inner = path.inner[level];
  const int at = path.child[level];
  CloseGap(inner->children, at, inner->size);
  CloseGap(inner->counts, at, inner->size);
  CloseGap(inner->first_keys, at, inner->size);
  --inner->size;
  if (level == 0 && inner->size == 0) {
    delete inner;
    root_ = new Leaf{{true}};
  } else if (level == 0 && inner->size == 1) {
    root_ = inner->children[0];
    delete inner;
  }
}

}  // namespace lockstep::kvsm
