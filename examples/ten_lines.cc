// The short way in: a model, measured, planned, confirmed and run on this machine.     ten_lines MODEL

#include <iostream>

#include "mosaic/session/session.h"

int main(int argc, char** argv) {
  const auto session = mosaic::Session::open({.model = argc > 1 ? argv[1] : "model.onnx"});
  if (!session) {
    std::cerr << session.error().message << '\n';
    return 1;
  }
  const auto inputs = (*session)->workspace().random_inputs(1);
  const auto outputs = inputs ? (*session)->run(*inputs) : std::unexpected(inputs.error());
  if (!outputs) {
    std::cerr << outputs.error().message << '\n';
    return 1;
  }
  std::cout << outputs->size() << " output(s) from a plan of " << (*session)->plan().size() << " slice(s)\n";
  return 0;
}
