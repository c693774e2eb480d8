// dotnet run -- IMAGE…
using System;
using System.IO;
using System.Linq;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using SixLabors.ImageSharp;
using SixLabors.ImageSharp.PixelFormats;
using SixLabors.ImageSharp.Processing;

static class Program
{
    static void Main(string[] paths)
    {
        var bundle = Path.GetFullPath(Path.Combine(Directory.GetCurrentDirectory(), "..", ".."));
        var labels = File.ReadAllLines(Path.Combine(bundle, "labels.txt"));
        using var session = new InferenceSession(Path.Combine(bundle, "model.onnx"));
        foreach (var path in paths)
        {
            using var results = session.Run(
                new[] { NamedOnnxValue.CreateFromTensor("image", Read(path)) }, new[] { "probabilities" });
            var probabilities = results.First().AsEnumerable<float>();
            var best = probabilities.Zip(labels, (value, label) => (value, label)).OrderByDescending(one => one.value);
            Console.WriteLine($"{path} {string.Join(", ", best.Take(3).Select(one => $"{one.label} {one.value:F4}"))}");
        }
    }

    static DenseTensor<byte> Read(string path)
    {
        using var loaded = Image.Load<Rgba32>(path);
        loaded.Mutate(context => context.AutoOrient().BackgroundColor(Color.White)); // upright, and on white where transparent
        using var image = loaded.CloneAs<Rgb24>();
        var pixels = new byte[image.Width * image.Height * 3];
        image.CopyPixelDataTo(pixels);
        return new DenseTensor<byte>(pixels, new[] { 1, image.Height, image.Width, 3 });
    }
}
