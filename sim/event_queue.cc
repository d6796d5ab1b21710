#include "sim/event_queue.h"

#include <algorithm>

namespace lockstep::sim {

void EventQueue::Push(QueuedEvent event) {
  event.order = next_order_++;
  size_t at = heap_.size();
  heap_.push_back(event);
  while (at != 0) {
    const size_t parent = (at - 1) / 4;
    if (!Before(event, heap_[parent])) break;
    heap_[at] = heap_[parent];
    at = parent;
  }
  heap_[at] = event;
}

QueuedEvent EventQueue::Pop() {
  const QueuedEvent first = heap_.front();
  const QueuedEvent last = heap_.back();
  heap_.pop_back();
  const size_t size = heap_.size();
  if (size == 0) return first;
  size_t at = 0;
  for (size_t child = 1; child < size; child = 4 * at + 1) {
    size_t least = child;
    const size_t end = std::min(child + 4, size);
    for (size_t other = child + 1; other < end; ++other) {
      if (Before(heap_[other], heap_[least])) least = other;
    }
    if (!Before(heap_[least], last)) break;
    heap_[at] = heap_[least];
    at = least;
  }
  heap_[at] = last;
  return first;
}

}  // namespace lockstep::sim
