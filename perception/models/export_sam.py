"""Writes SAM's two halves as ONNX files, from a checkpoint of the `segment-anything` package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from codriver.errors import FileFormatError, InputError, ResourceError

KINDS = ("vit_b", "vit_l", "vit_h")


def export_sam(checkpoint: Path, kind: str, folder: Path) -> tuple[Path, Path]:
    """Write `encoder.onnx` and `decoder.onnx` into `folder`, which should be called "sam-…".

    Raises `ResourceError` without the extra "sam", `InputError` without the checkpoint, `FileFormatError` when it
    is not one of this kind.
    """
    torch, registry = _packages()
    if not checkpoint.is_file():
        raise InputError(f"There is no checkpoint {checkpoint}.")
    try:
        model = registry[kind]()
        model.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True))
    except (RuntimeError, OSError, ValueError, EOFError) as error:
        raise FileFormatError(f"{checkpoint} is not a SAM checkpoint of the kind {kind} ({error}).") from None
    return export_model(model.eval(), folder, torch)


def export_model(model: Any, folder: Path, torch: Any) -> tuple[Path, Path]:
    """As `export_sam`, from SAM's network in memory."""
    folder.mkdir(parents=True, exist_ok=True)
    encoder, decoder = folder / "encoder.onnx", folder / "decoder.onnx"
    side = model.image_encoder.img_size
    with torch.no_grad():
        torch.onnx.export(
            model.image_encoder,
            (torch.zeros(1, 3, side, side),),
            str(encoder),
            input_names=["image"],
            output_names=["image_embeddings"],
            opset_version=17,
            dynamo=False,
        )
        prompts = {0: "prompts", 1: "points"}
        size = model.prompt_encoder.image_embedding_size
        torch.onnx.export(
            _decoder_of(model, torch),
            (torch.zeros(1, model.prompt_encoder.embed_dim, *size), torch.zeros(2, 3, 2), torch.ones(2, 3)),
            str(decoder),
            input_names=["image_embeddings", "point_coords", "point_labels"],
            output_names=["low_res_masks", "iou_predictions"],
            dynamic_axes={
                "point_coords": prompts,
                "point_labels": prompts,
                "low_res_masks": {0: "prompts"},
                "iou_predictions": {0: "prompts"},
            },
            opset_version=17,
            dynamo=False,
        )
    return encoder, decoder


def _decoder_of(model: Any, torch: Any) -> Any:
    """SAM's prompt encoder and mask decoder as one network, without a mask prompt and without enlarging."""

    class Decoder(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, image_embeddings: Any, point_coords: Any, point_labels: Any) -> Any:
            encoder, side = self.model.prompt_encoder, self.model.image_encoder.img_size
            sparse = encoder.pe_layer._pe_encoding((point_coords + 0.5) / side)
            labels = point_labels.unsqueeze(-1).expand_as(sparse)
            sparse = torch.where(labels == -1, torch.zeros_like(sparse), sparse)
            sparse = sparse + (labels == -1) * encoder.not_a_point_embed.weight
            for value, embedding in enumerate(encoder.point_embeddings):
                sparse = sparse + (labels == value) * embedding.weight
            # The mask decoder repeats the image for each prompt, and so must the dense part be given once.
            dense = encoder.no_mask_embed.weight.reshape(1, -1, 1, 1).expand(
                sparse.shape[0], -1, *encoder.image_embedding_size
            )
            masks, predicted = self.model.mask_decoder.predict_masks(
                image_embeddings=image_embeddings,
                image_pe=encoder.get_dense_pe(),
                sparse_prompt_embeddings=sparse,
                dense_prompt_embeddings=dense,
            )
            return masks[:, 1:], predicted[:, 1:]  # the first mask is the one for several points

    return Decoder().eval()


def _packages() -> tuple[Any, Any]:
    try:
        import torch
        from segment_anything import sam_model_registry
    except (ImportError, OSError, RuntimeError) as error:  # torchvision of another build fails with RuntimeError
        raise ResourceError(
            f"Exporting SAM needs the packages torch, torchvision and segment-anything ({error}); "
            "`pip install '.[sam]'` in codriver's folder brings them."
        ) from None
    return torch, sam_model_registry
