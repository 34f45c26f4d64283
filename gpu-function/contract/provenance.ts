/** The mark that says a picture was made by a trained model, for programs and archives that look for it. */

/** https://cv.iptc.org/newscodes/digitalsourcetype/: media made by a model that was trained on samples. */
export const TRAINED_ALGORITHMIC_MEDIA =
  'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia';

/** An XMP packet (XMP Specification Part 1, section 7) with the IPTC digital source type and nothing personal. */
export const MACHINE_MADE_XMP = [
  '<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?>',
  '<x:xmpmeta xmlns:x="adobe:ns:meta/">',
  '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
  '<rdf:Description rdf:about=""',
  ' xmlns:xmp="http://ns.adobe.com/xap/1.0/"',
  ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
  ' xmp:CreatorTool="imagine"',
  ` Iptc4xmpExt:DigitalSourceType="${TRAINED_ALGORITHMIC_MEDIA}"/>`,
  '</rdf:RDF>',
  '</x:xmpmeta>',
  '<?xpacket end="r"?>',
].join('\n');

/** Whether an XMP packet says that a model made the picture, wholly or in part. */
export function isMarkedMachineMade(xmp: string): boolean {
  return /digitalsourcetype\/(?:compositeWith)?trainedAlgorithmicMedia/i.test(xmp);
}
