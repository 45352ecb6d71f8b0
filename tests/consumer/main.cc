// Usage: consumer MODEL BOARD. Opens a model, runs it on zeros, says how many outputs are finite.

#include <cmath>
#include <iostream>

#include "mosaic/session/session.h"

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const auto session = mosaic::Session::open({.model = argv[1], .board = argv[2]});
  if (!session) {
    std::cerr << session.error().message << '\n';
    return 1;
  }
  const auto inputs = (*session)->workspace().random_inputs(1);
  if (!inputs) return 1;
  const auto outputs = (*session)->run(*inputs);
  if (!outputs) {
    std::cerr << outputs.error().message << '\n';
    return 1;
  }
  std::size_t finite = 0;
  for (const double value : outputs->front().to_doubles()) finite += std::isfinite(value) ? 1 : 0;
  std::cout << finite << " finite values from " << (*session)->plan().size() << " slices\n";
  return finite == outputs->front().to_doubles().size() ? 0 : 1;
}
