// KeyIndex: all keys in order, each with its versions, and how many of them are there: a B+tree with counts.
//
//                inner:  | "k" : 40 | "t" : 37 |          the first key below a child that is not the first,
//                        /          |           \         and how many keys below each child are there
//     leaf: a b c ... j  ->  k l ... s  ->  t u v         leaves are linked, so that a scan does not climb
//
// A key whose newest version is a deletion stays in the tree until it is removed, but does not count. A leaf compares
// eight bytes of each key, from where the keys of the leaf begin to differ, before it looks at the keys themselves.
#ifndef LOCKSTEP_KVSM_MEMORY_KEY_INDEX_H_
#define LOCKSTEP_KVSM_MEMORY_KEY_INDEX_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "kvsm/memory/versions.h"

namespace lockstep::kvsm {

class KeyIndex {
 public:
  KeyIndex();
  // Frees all versions.
  ~KeyIndex();
  KeyIndex(const KeyIndex&) = delete;
  KeyIndex& operator=(const KeyIndex&) = delete;

  // Cost: O(log keys), as the others.
  const Versions* Find(std::string_view key) const;
  // Adds the newest version of its key, and the key if it is not in the tree.
  void Add(Version* version);
  // Lets `change` alter the versions of `key`; if none are left, removes the key. Requires: the key is in the tree.
  void Change(std::string_view key, absl::FunctionRef<void(Versions&)> change);

  // Visits the keys from the first that is not below `begin`, in order, until `visitor` returns false.
  void Scan(std::string_view begin, absl::FunctionRef<bool(const Versions&)> visitor) const;
  // How many keys below `key` are there.
  int64_t CountBefore(std::string_view key) const;
  int64_t count() const { return count_; }

 private:
  static constexpr int kLeafSlots = 64;
  static constexpr int kChildren = 64;
  static constexpr int kDepthMax = 16;

  struct Node {
    bool is_leaf;
    uint16_t size = 0;
  };
  struct Leaf : Node {
    size_t common = 0;  // Bytes that all keys of the leaf have in common, or fewer.
    Leaf* previous = nullptr;
    Leaf* next = nullptr;
    std::array<uint64_t, kLeafSlots> heads;  // The eight bytes of each key after those.
    std::array<Versions, kLeafSlots> slots;
  };
  struct Inner : Node {
    std::array<Node*, kChildren> children;
    std::array<int64_t, kChildren> counts;
    std::array<std::string, kChildren> first_keys;  // Of the first child it is not used.
  };
  // The way from the root to a place in a leaf.
  struct Path {
    std::array<Inner*, kDepthMax> inner;
    std::array<int, kDepthMax> child;
    int depth = 0;
    Leaf* leaf = nullptr;
    int slot = 0;
    bool found = false;
  };

  Path Seek(std::string_view key) const;
  static int ChildOf(const Inner& inner, std::string_view key);
  // The first slot of the leaf whose key is not below `key`.
  static int SlotOf(const Leaf& leaf, std::string_view key, bool* found);
  static uint64_t HeadOf(std::string_view key, size_t common);
  static void SetHeads(Leaf& leaf);
  static void InsertSlot(Leaf& leaf, int at, Versions versions);
  static int64_t CountOf(const Node& node);
  void AddCount(const Path& path, int64_t delta);
  void SplitLeaf(Path& path);
  void InsertChild(Path& path, int level, std::string first_key, Node* left, Node* right);
  void RemoveLeaf(Path& path);
  static void FreeNode(Node* node);

  Node* root_;
  int64_t count_ = 0;
};

}  // namespace lockstep::kvsm

#endif  // LOCKSTEP_KVSM_MEMORY_KEY_INDEX_H_
