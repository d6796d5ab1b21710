#include "core/node_set.h"

namespace lockstep {

std::string ToString(const NodeSet& set) {
  std::string text = "(";
  for (NodeId id : set) {
    if (text.size() > 1) text += ' ';
    text += ToString(id);
  }
  return text + ")";
}

}  // namespace lockstep
