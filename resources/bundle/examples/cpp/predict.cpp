// predict MODEL LABELS IMAGE…
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include <onnxruntime_cxx_api.h>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

int main(int count, char** arguments) {
  if (count < 4) {
    std::cerr << "predict MODEL LABELS IMAGE...\n";
    return 2;
  }
  std::vector<std::string> labels;
  std::ifstream names(arguments[2]);
  for (std::string line; std::getline(names, line);) labels.push_back(line);

  Ort::Env environment(ORT_LOGGING_LEVEL_ERROR);
  Ort::Session session(environment, std::filesystem::path(arguments[1]).c_str(), Ort::SessionOptions{});
  const char* inputs[] = {"image"};
  const char* outputs[] = {"probabilities"};
  const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);

  for (int number = 3; number < count; ++number) {
    cv::Mat image = cv::imread(arguments[number], cv::IMREAD_COLOR);  // turned upright by OpenCV
    if (image.empty()) {
      std::cerr << arguments[number] << " cannot be read\n";
      return 1;
    }
    cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
    const std::array<int64_t, 4> shape{1, image.rows, image.cols, 3};
    Ort::Value tensor = Ort::Value::CreateTensor<uint8_t>(memory, image.data, image.total() * 3, shape.data(), shape.size());
    auto answer = session.Run(Ort::RunOptions{}, inputs, &tensor, 1, outputs, 1);
    const float* probabilities = answer[0].GetTensorData<float>();
    const auto best = std::max_element(probabilities, probabilities + labels.size()) - probabilities;
    std::cout << arguments[number] << " " << labels[best] << " " << probabilities[best] << "\n";
  }
}
